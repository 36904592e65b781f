import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { JsonObject, JsonValue } from "../core/cbor-value.ts";
import { ArtifactstoreError, type FieldError } from "../core/errors.ts";
import { appendPointer } from "../core/json-pointer.ts";
import { ERRORS_LISTED_MAX } from "../core/limits.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";

/** Answers every violation, none for a value that satisfies the schema. */
export type CompiledSchema = (value: JsonValue) => FieldError[];

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/**
 * Compiles a schema of draft 2020-12 with ajv. Unknown keywords are annotations, as the draft says; `format` is
 * asserted, because an author who writes one expects it to be looked at. References lead into the schema itself or to
 * the dialect's own meta-schemas: ajv gets no loader, so nothing can be fetched. Only a value's own members count
 * (a key `constructor` is not there because JavaScript has one).
 *
 * Loading ajv and compiling costs some 100 ms of a cold start, so this module is only ever imported on demand.
 *
 * Throws `invalid_schema`.
 */
export function compileSchema(slug: string, schema: JsonObject): CompiledSchema {
  if (schema.$schema !== undefined && schema.$schema !== DIALECT && schema.$schema !== `${DIALECT}#`) {
    throw refused(slug, `its "$schema" is not ${DIALECT}`);
  }
  const dynamic = ["$dynamicRef", "$dynamicAnchor"].find((keyword) => hasKey(schema, keyword));
  // ajv judges most of these wrongly, and a wrong verdict is worse than none.
  if (dynamic !== undefined) throw refused(slug, `it uses "${dynamic}", which is not supported`);
  if (dialect.validateSchema(schema) !== true) {
    throw refused(slug, "it is not a schema of draft 2020-12", { errors: violations(dialect.errors) });
  }
  let validate: ValidateFunction;
  try {
    // One instance a schema: instances keep every schema they compiled, under its "$id".
    validate = newAjv().compile(schema);
  } catch (cause) {
    const missing = (cause as { missingRef?: unknown }).missingRef;
    if (typeof missing === "string") {
      throw refused(slug, `it refers to ${quoteForTerminal(missing)}, and references are not fetched`, {
        cause,
      });
    }
    throw refused(slug, describe(cause), { cause });
  }
  return (value) => {
    try {
      return validate(value) === true ? [] : violations(validate.errors);
    } catch (cause) {
      // A schema that refers to itself without end exhausts the stack only now.
      throw refused(slug, describe(cause), { cause });
    }
  };
}

/** Checks schemas against the meta-schema, which it compiles once. */
const dialect = newAjv();

function newAjv(): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: false,
    ownProperties: true,
    logger: false,
    validateSchema: false,
  });
  // ajv-formats is CommonJS: its types and the runtimes disagree where the function is.
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  return ajv;
}

function hasKey(value: JsonValue, key: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, key) || Object.values(value).some((child) => hasKey(child, key));
}

function describe(cause: unknown): string {
  return cause instanceof Error ? quoteForTerminal(cause.message) : "it cannot be compiled";
}

function violations(errors: readonly ErrorObject[] | null | undefined): FieldError[] {
  const fields = (errors ?? []).map((error) => ({ pointer: pointerOf(error), message: messageOf(error) }));
  return fields.slice(0, ERRORS_LISTED_MAX);
}

/** The member that is missing or one too many is itself pointed at, not the object around it. */
function pointerOf(error: ErrorObject): string {
  const member =
    error.params.missingProperty ??
    error.params.additionalProperty ??
    error.params.unevaluatedProperty ??
    error.propertyName;
  return typeof member === "string" ? appendPointer(error.instancePath, member) : error.instancePath;
}

function messageOf(error: ErrorObject): string {
  switch (error.keyword) {
    case "required":
    case "dependentRequired":
      return "is missing";
    case "additionalProperties":
    case "unevaluatedProperties":
      return "is not allowed";
    case "enum":
      return `must be one of ${JSON.stringify(error.params.allowedValues)}`;
    case "const":
      return `must be ${JSON.stringify(error.params.allowedValue)}`;
    default:
      return error.message ?? `breaks "${error.keyword}"`;
  }
}

function refused(
  slug: string,
  state: string,
  options: { cause?: unknown; errors?: readonly FieldError[] } = {},
): ArtifactstoreError {
  return new ArtifactstoreError(
    "invalid_schema",
    `Cannot use metadata schema ${quoteForTerminal(slug)}: ${state}`,
    options,
  );
}
