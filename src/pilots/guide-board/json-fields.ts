import type { JsonObject, JsonValue } from "../../core/cbor-value.ts";

/**
 * How the pilot looks into documents whose shape it does not own: a member that is absent or null is not there, and
 * of several spellings the first that is there counts. The keys are ours, and none is a name that every object has.
 */
export function firstField(object: JsonObject, keys: readonly string[]): JsonValue | undefined {
  for (const key of keys) {
    const value = object[key];
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

/** The first of the members that is a text with something in it. */
export function textField(object: JsonObject, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = object[key];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
