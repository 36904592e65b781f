import type { JsonObject } from "../core/cbor-value.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { escapeForTerminal, quoteForTerminal } from "../core/terminal-text.ts";
import type { CompiledSchema } from "./compile-schema.ts";
import type { MetadataSchema } from "./metadata-schema.ts";
import { satisfiesSimply } from "./satisfies-simply.ts";

/** Compiled schemas live as long as the schema object itself does. */
const compiled = new WeakMap<MetadataSchema, CompiledSchema>();

/**
 * Throws `invalid_metadata` with every violation, each with a JSON Pointer (RFC 6901) into the metadata;
 * `invalid_schema` if the schema itself is not usable.
 */
export async function validateMetadata(schema: MetadataSchema, metadata: JsonObject): Promise<void> {
  if (satisfiesSimply(schema.json_schema, metadata)) return;
  const errors = (await compile(schema))(metadata);
  const first = errors[0];
  if (first === undefined) return;
  const others = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
  throw new ArtifactstoreError(
    "invalid_metadata",
    `Cannot accept metadata by schema ${quoteForTerminal(schema.slug)}: ${quoteForTerminal(first.pointer)} ${escapeForTerminal(first.message)}${others}`,
    { errors },
  );
}

async function compile(schema: MetadataSchema): Promise<CompiledSchema> {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const { compileSchema } = await import("./compile-schema.ts");
  const validate = compileSchema(schema.slug, schema.json_schema);
  compiled.set(schema, validate);
  return validate;
}
