import { ArtifactstoreError } from "./errors.ts";
import { CBOR_DEPTH_MAX } from "./limits.ts";
import { isPlainObject } from "./plain-object.ts";
import { RefusedValue } from "./refused-value.ts";

/**
 * Prints a value as RFC 8785 (JCS) says: no white space, members sorted by UTF-16 code units, numbers and strings as
 * ECMAScript prints them. Takes any finite number (−0 prints as 0); documents of ours are narrower (see
 * `canonical-cbor.ts`). Throws `invalid_input`, naming the place by JSON Pointer, for lone surrogates, NaN,
 * infinities, byte strings and whatever else JSON does not have.
 */
export function printCanonicalJson(value: unknown): string {
  try {
    return print(value, 0);
  } catch (error) {
    if (!(error instanceof RefusedValue)) throw error;
    throw new ArtifactstoreError(
      "invalid_input",
      `Cannot print canonical JSON: at "${error.pointer}", ${error.reason}`,
    );
  }
}

function print(value: unknown, depth: number): string {
  if (typeof value === "string") return printText(value);
  if (typeof value === "number") return printNumber(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (value === null) return "null";
  if (typeof value !== "object") throw new RefusedValue(`the value is of type ${typeof value}`);
  if (value instanceof Uint8Array) throw new RefusedValue("byte strings have no JSON form");
  if (depth >= CBOR_DEPTH_MAX) throw new RefusedValue(`the nesting is deeper than ${CBOR_DEPTH_MAX} levels`);
  if (Array.isArray(value)) return printArray(value, depth);
  if (isPlainObject(value)) return printObject(value, depth);
  throw new RefusedValue("the value is an instance of a class");
}

/** ECMAScript's own escapes are those of RFC 8785 section 3.2.2.2, once lone surrogates are out of the way. */
function printText(text: string): string {
  if (!text.isWellFormed()) throw new RefusedValue("the text has a lone surrogate");
  return JSON.stringify(text);
}

function printNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RefusedValue(`the number is ${value}`);
  return String(value);
}

function printArray(items: readonly unknown[], depth: number): string {
  let text = "[";
  let index = 0;
  try {
    for (; index < items.length; index++) {
      if (index > 0) text += ",";
      text += print(items[index], depth + 1);
    }
  } catch (error) {
    if (error instanceof RefusedValue) error.addStep(index);
    throw error;
  }
  return `${text}]`;
}

function printObject(object: { readonly [key: string]: unknown }, depth: number): string {
  let text = "{";
  let current = "";
  try {
    // Without a comparator, `sort` compares UTF-16 code units (RFC 8785 section 3.2.3).
    for (const key of Object.keys(object).sort()) {
      current = key;
      if (text.length > 1) text += ",";
      text += `${printText(key)}:${print(object[key], depth + 1)}`;
    }
  } catch (error) {
    if (error instanceof RefusedValue) error.addStep(current);
    throw error;
  }
  return `${text}}`;
}
