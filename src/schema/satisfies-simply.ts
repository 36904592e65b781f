import type { JsonObject, JsonValue } from "../core/cbor-value.ts";

/**
 * Whether a value satisfies a schema, for the few keywords that everyday metadata schemas are made of. `false` means
 * "not shown": the value breaks a rule, or the schema says something that is not known here; ajv then has the word,
 * and says which rules are broken. The point is the cold start: loading ajv and compiling costs some 100 ms, this
 * costs nothing, and most metadata is right.
 *
 * It must never accept what ajv refuses; `test/schema/` holds the two against each other.
 */
export function satisfiesSimply(schema: JsonValue, value: JsonValue): boolean {
  if (typeof schema === "boolean") return schema;
  if (!isObject(schema)) return false;
  for (const [keyword, argument] of Object.entries(schema)) {
    const check = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
    if (check === undefined || !check(argument, value, schema)) return false;
  }
  return true;
}

type Keyword = (argument: JsonValue, value: JsonValue, schema: JsonObject) => boolean;

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  $schema: annotation,
  $id: annotation,
  $comment: annotation,
  title: annotation,
  description: annotation,
  type: (argument, value) => {
    const types = Array.isArray(argument) ? (argument as readonly JsonValue[]) : [argument];
    return types.some((type) => isOfType(type, value));
  },
  required: (argument, value) =>
    isTexts(argument) && (!isObject(value) || argument.every((key) => Object.hasOwn(value, key))),
  properties: (argument, value) => {
    if (!isObject(argument) || Object.hasOwn(argument, "__proto__")) return false;
    if (!isObject(value)) return true;
    return Object.entries(argument).every(
      ([key, schema]) => !Object.hasOwn(value, key) || satisfiesSimply(schema, value[key] ?? null),
    );
  },
  additionalProperties: (argument, value, schema) => {
    if (Object.hasOwn(schema, "patternProperties")) return false;
    if (!isObject(value)) return true;
    const properties = isObject(schema.properties) ? schema.properties : {};
    return Object.entries(value).every(
      ([key, member]) => Object.hasOwn(properties, key) || satisfiesSimply(argument, member),
    );
  },
  minLength: (argument, value) =>
    typeof argument === "number" && (typeof value !== "string" || [...value].length >= argument),
  minimum: (argument, value) =>
    typeof argument === "number" && (typeof value !== "number" || value >= argument),
};

function annotation(): boolean {
  return true;
}

function isOfType(type: JsonValue, value: JsonValue): boolean {
  switch (type) {
    case "object":
      return isObject(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "number":
      return Number.isFinite(value);
    case "string":
    case "boolean":
      return typeof value === type;
    case "null":
      return value === null;
    default:
      return false;
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: JsonValue): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
