import { encodeCanonicalCbor } from "../core/canonical-cbor.ts";
import type { JsonObject, JsonValue } from "../core/cbor-value.ts";
import { type ContentAddress, contentAddress } from "../core/content-address.ts";
import { digestBlake3 } from "../core/digest.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { METADATA_SCHEMA_DEPTH_MAX, METADATA_SCHEMA_MAX_BYTES } from "../core/limits.ts";
import { parseStrictJson } from "../core/strict-json.ts";

/** A JSON Schema (draft 2020-12) under the slug by which packages name it. */
export interface MetadataSchema {
  readonly slug: string;
  /** Content address of the schema's canonical CBOR: the same whatever the spelling of the JSON text. */
  readonly digest: ContentAddress;
  readonly json_schema: JsonObject;
}

/** Content address of a schema's canonical CBOR. */
export function schemaDigest(schema: JsonObject): ContentAddress {
  return contentAddress(digestBlake3(encodeCanonicalCbor(schema)));
}

/**
 * Reads a schema from JSON text. Throws `invalid_json`, or `invalid_schema` for what is too large, too deep, no
 * object, not a draft 2020-12 schema, or refers to another document (nothing is ever fetched).
 *
 * @param what names the text in messages: a file's name
 */
export async function parseSchema(slug: string, text: Uint8Array, what: string): Promise<MetadataSchema> {
  if (text.length > METADATA_SCHEMA_MAX_BYTES) {
    throw refused(slug, `it has ${text.length} bytes, more than ${METADATA_SCHEMA_MAX_BYTES}`);
  }
  return await checkSchema(slug, parseStrictJson(text, what));
}

/** As `parseSchema`, for a value that was parsed already. */
export async function checkSchema(slug: string, value: JsonValue): Promise<MetadataSchema> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refused(slug, "it is not a JSON object");
  }
  const schema = value as JsonObject;
  if (depthOf(schema) > METADATA_SCHEMA_DEPTH_MAX) {
    throw refused(slug, `it is nested deeper than ${METADATA_SCHEMA_DEPTH_MAX} levels`);
  }
  const bytes = encodeCanonicalCbor(schema);
  if (bytes.length > METADATA_SCHEMA_MAX_BYTES) {
    throw refused(slug, `it has ${bytes.length} bytes in CBOR, more than ${METADATA_SCHEMA_MAX_BYTES}`);
  }
  const { compileSchema } = await import("./compile-schema.ts");
  compileSchema(slug, schema);
  return { slug, digest: contentAddress(digestBlake3(bytes)), json_schema: schema };
}

/** The input has passed a depth limit of its own, so the recursion is bounded. */
function depthOf(value: JsonValue): number {
  if (typeof value !== "object" || value === null) return 0;
  let deepest = 0;
  for (const child of Object.values(value)) deepest = Math.max(deepest, depthOf(child));
  return deepest + 1;
}

function refused(slug: string, state: string): ArtifactstoreError {
  return new ArtifactstoreError("invalid_schema", `Cannot use metadata schema "${slug}": ${state}`);
}
