import { appendPointer } from "./json-pointer.ts";

/**
 * Thrown inside the encoders where a value is refused. Every container on the way out adds the step that led there,
 * so that the good case pays nothing for the pointer in the message. Never crosses a border.
 */
export class RefusedValue extends Error {
  readonly reason: string;
  /** Keys and indices, from the inside out. */
  readonly #steps: string[] = [];

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }

  addStep(step: string | number): void {
    this.#steps.push(String(step));
  }

  /** JSON Pointer (RFC 6901) of the refused value. */
  get pointer(): string {
    return this.#steps.reduceRight<string>(appendPointer, "");
  }
}
