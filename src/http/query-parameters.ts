import { ArtifactstoreError, type FieldError } from "../core/errors.ts";

/** Reads a query: every parameter is known and given once. */
export class QueryParameters {
  readonly #values = new Map<string, string>();
  readonly #problems: FieldError[] = [];
  readonly #asked = new Set<string>();

  constructor(search: URLSearchParams) {
    for (const [name, value] of search) {
      if (this.#values.has(name)) this.#refuse(name, "it is given twice");
      this.#values.set(name, value);
    }
  }

  text(name: string): string | undefined {
    this.#asked.add(name);
    return this.#values.get(name);
  }

  /** A whole number from 0. */
  count(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (/^(0|[1-9][0-9]{0,14})$/.test(text)) return Number(text);
    this.#refuse(name, "it is not a whole number from 0");
    return undefined;
  }

  /** All parameters whose names begin so, by the rest of their names. */
  prefixed(prefix: string): Map<string, string> {
    const found = new Map<string, string>();
    for (const [name, value] of this.#values) {
      if (!name.startsWith(prefix)) continue;
      this.#asked.add(name);
      found.set(name.slice(prefix.length), value);
    }
    return found;
  }

  /** Called once everything has been asked for. Throws `invalid_input`, naming all that is wrong. */
  done(): void {
    for (const name of this.#values.keys()) {
      if (!this.#asked.has(name)) this.#refuse(name, "it is not a parameter of this resource");
    }
    if (this.#problems.length > 0) {
      throw new ArtifactstoreError("invalid_input", "Cannot read the query", { errors: this.#problems });
    }
  }

  #refuse(name: string, message: string): void {
    this.#problems.push({ pointer: `?${name}`, message });
  }
}
