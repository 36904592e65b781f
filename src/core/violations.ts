import { ArtifactstoreError, type ErrorCode, type FieldError } from "./errors.ts";
import { ERRORS_LISTED_MAX } from "./limits.ts";

/** Gathers what is wrong with one input: the first `ERRORS_LISTED_MAX` in full, the rest as a count. */
export class Violations {
  readonly #listed: FieldError[] = [];
  #count = 0;

  /** @param pointer JSON Pointer (RFC 6901) of the value that breaks a rule */
  add(pointer: string, message: string): void {
    this.#count += 1;
    if (this.#listed.length < ERRORS_LISTED_MAX) this.#listed.push({ pointer, message });
  }

  get count(): number {
    return this.#count;
  }

  get listed(): readonly FieldError[] {
    return this.#listed;
  }

  /** @param action what could not be done: `Cannot read manifest`. Throws `code` if anything was added. */
  throwIfAny(code: ErrorCode, action: string): void {
    const first = this.#listed[0];
    if (first === undefined) return;
    const more = this.#count > 1 ? ` (and ${this.#count - 1} more)` : "";
    throw new ArtifactstoreError(code, `${action}: at "${first.pointer}", ${first.message}${more}`, {
      errors: this.#listed,
    });
  }
}
