import { type ContentAddress, isContentAddress } from "./content-address.ts";
import { NAME_RULES, type TextRule } from "./identifiers.ts";
import { appendPointer } from "./json-pointer.ts";
import { isPlainObject } from "./plain-object.ts";
import type { Violations } from "./violations.ts";

/* What manifests and events have in common: rules of single fields, which add what they find to `Violations`. */

const SHA256_HEX = /^[0-9a-f]{64}$/;

export const ADDRESS_RULE = 'it is not "blake3:" and 64 lower-case hex digits';
export const SIZE_RULE = "it is not a whole number from 0 to 2^53−1";

export type Fields = { readonly [key: string]: unknown };

/** A map that has every required key, perhaps optional ones, and no other. */
export function hasFields(
  found: Violations,
  value: unknown,
  pointer: string,
  required: readonly string[],
  optional: readonly string[] = [],
): value is Fields {
  if (!isPlainObject(value)) {
    found.add(pointer, "it is not a map");
    return false;
  }
  let present = 0;
  for (const key of required) {
    if (Object.hasOwn(value, key)) present += 1;
    else found.add(appendPointer(pointer, key), "it is missing");
  }
  const keys = Object.keys(value);
  // As many keys as are required, none missing: nearly every file, and nothing more to look at.
  if (present === required.length && keys.length === present) return true;
  const unknown = keys.filter((key) => !required.includes(key) && !optional.includes(key));
  for (const key of unknown) found.add(appendPointer(pointer, key), "the key is not known");
  return present === required.length && unknown.length === 0;
}

export function checkName(found: Violations, value: unknown, pointer: string, brokenRule: TextRule): void {
  const rule = typeof value === "string" ? brokenRule(value) : "it is not a text";
  if (rule !== undefined) found.add(pointer, rule);
}

export function isAddress(value: unknown): value is ContentAddress {
  return typeof value === "string" && isContentAddress(value);
}

export function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** A map that JSON can hold: no byte strings at any depth. */
export function checkDocument(found: Violations, value: unknown, pointer: string): void {
  if (!isPlainObject(value)) found.add(pointer, "it is not a map");
  else checkNoByteStrings(found, value, pointer);
}

/** At any depth. */
export function checkNoByteStrings(found: Violations, value: unknown, pointer: string): void {
  if (value instanceof Uint8Array) found.add(pointer, "it is a byte string, which JSON does not have");
  else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value))
      checkNoByteStrings(found, member, appendPointer(pointer, key));
  }
}

export function checkSha256(found: Violations, value: unknown, pointer: string): void {
  if (typeof value !== "string" || !SHA256_HEX.test(value))
    found.add(pointer, "it is not 64 lower-case hex digits");
}

export function checkSchemaReference(found: Violations, value: unknown, pointer: string): void {
  if (!hasFields(found, value, pointer, ["slug", "digest"])) return;
  checkName(found, value["slug"], `${pointer}/slug`, NAME_RULES["schema slug"]);
  if (!isAddress(value["digest"])) found.add(`${pointer}/digest`, ADDRESS_RULE);
}
