import { ArtifactstoreError } from "../core/errors.ts";
import { checkSlug } from "../core/identifiers.ts";
import type { MetadataSchema } from "../schema/metadata-schema.ts";
import { metadataSchemaBySlug } from "../views/query-schemas.ts";
import { record } from "./record.ts";
import type { RegistryContext } from "./registry-context.ts";

/** Throws `metadata_schema_conflict` if the slug is registered with other content; not registered is well. */
export async function checkRegisteredSchema(context: RegistryContext, schema: MetadataSchema): Promise<void> {
  const known = await context.database.read((reader) => metadataSchemaBySlug(reader, schema.slug));
  if (known !== undefined && known.digest !== schema.digest) throw schemaConflict(schema, known.digest);
}

/**
 * Registers a schema under its slug. A slug never changes: the same content again answers `false`, other content is
 * refused (`metadata_schema_conflict`).
 */
export async function registerSchema(context: RegistryContext, schema: MetadataSchema): Promise<boolean> {
  checkSlug(schema.slug);
  const events = await record(context, async ({ writer }) => {
    const known = await metadataSchemaBySlug(writer, schema.slug);
    if (known !== undefined) {
      if (known.digest !== schema.digest) throw schemaConflict(schema, known.digest);
      return [];
    }
    return [
      {
        event_type: "v1.metadata_schema.registered",
        subject_kind: "metadata_schema",
        subject_id: schema.slug,
        payload: { slug: schema.slug, digest: schema.digest, json_schema: schema.json_schema },
      } as const,
    ];
  });
  return events.length > 0;
}

function schemaConflict(schema: MetadataSchema, registered: string): ArtifactstoreError {
  return new ArtifactstoreError(
    "metadata_schema_conflict",
    `Cannot use metadata schema "${schema.slug}": it is registered as ${registered}, this one is ${schema.digest}`,
  );
}
