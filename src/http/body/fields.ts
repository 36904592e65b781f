import type { JsonObject, JsonValue } from "../../core/cbor-value.ts";
import { ArtifactstoreError, type FieldError } from "../../core/errors.ts";
import { appendPointer } from "../../core/json-pointer.ts";

/** Reads a JSON object member by member: each is of its type, and none is unknown. */
export class Fields {
  readonly #object: JsonObject;
  readonly #problems: FieldError[] = [];
  readonly #asked = new Set<string>();
  readonly #base: string;

  /** @param base JSON Pointer of the object itself */
  constructor(object: JsonObject, base = "") {
    this.#object = object;
    this.#base = base;
  }

  /** An empty text where it is missing or of another type: `done` throws then. */
  requiredText(name: string): string {
    const value = this.text(name);
    if (value === undefined) this.requireMember(name);
    return value ?? "";
  }

  /** Notes that a member is missing, unless something is wrong with it already. */
  requireMember(name: string): void {
    if (this.#problems.some(({ pointer }) => pointer === this.#pointer(name))) return;
    this.refuse(name, "it is missing");
  }

  /** `null` counts as absent. */
  text(name: string): string | undefined {
    const value = this.#take(name);
    if (value === undefined || typeof value === "string") return value;
    this.refuse(name, "it is not a text");
    return undefined;
  }

  count(name: string): number | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    this.refuse(name, "it is not a whole number from 0");
    return undefined;
  }

  object(name: string): JsonObject | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
    this.refuse(name, "it is not an object");
    return undefined;
  }

  list(name: string): readonly JsonValue[] | undefined {
    const value = this.#take(name);
    if (value === undefined || Array.isArray(value)) return value;
    this.refuse(name, "it is not a list");
    return undefined;
  }

  refuse(name: string, message: string): void {
    this.#problems.push({ pointer: this.#pointer(name), message });
  }

  /** Called once everything has been asked for. Throws `invalid_input`, naming all that is wrong. */
  done(): void {
    for (const name of Object.keys(this.#object)) {
      if (!this.#asked.has(name)) this.refuse(name, "it is not known here");
    }
    if (this.#problems.length > 0) {
      throw new ArtifactstoreError("invalid_input", "Cannot use the request body", {
        errors: this.#problems.slice(0, 100),
      });
    }
  }

  #take(name: string): JsonValue | undefined {
    this.#asked.add(name);
    if (!Object.hasOwn(this.#object, name)) return undefined;
    return this.#object[name] ?? undefined;
  }

  #pointer(name: string): string {
    return appendPointer(this.#base, name);
  }
}
