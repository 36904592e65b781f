import type { JsonObject } from "../core/cbor-value.ts";
import type { ContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import { embeddedSchema } from "../schema/embedded-schemas.ts";
import type { MetadataSchema } from "../schema/metadata-schema.ts";
import { metadataSchemaBySlug } from "../views/query-schemas.ts";
import type { RegistryContext } from "./registry-context.ts";

/**
 * The schema that a slug names: the registered one, else the one that is part of the program. Throws
 * `metadata_schema_not_found`.
 */
export async function findSchema(context: RegistryContext, slug: string): Promise<MetadataSchema> {
  const row = await context.database.read((reader) => metadataSchemaBySlug(reader, slug));
  if (row !== undefined) {
    return {
      slug,
      digest: row.digest as ContentAddress,
      json_schema: JSON.parse(row.json_schema) as JsonObject,
    };
  }
  const embedded = embeddedSchema(slug);
  if (embedded !== undefined) return embedded;
  throw new ArtifactstoreError(
    "metadata_schema_not_found",
    `Cannot find metadata schema ${quoteForTerminal(slug)}: it is neither registered nor part of the program`,
  );
}
