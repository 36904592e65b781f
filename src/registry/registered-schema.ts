import { ArtifactstoreError } from "../core/errors.ts";
import { checkSlug } from "../core/identifiers.ts";
import { readEvents } from "../log/read-events.ts";
import { embeddedSchema } from "../schema/embedded-schemas.ts";
import type { MetadataSchema } from "../schema/metadata-schema.ts";
import { metadataSchemaBySlug } from "../views/query-schemas.ts";
import { viewsDiffer } from "./check-package-views.ts";
import { record } from "./record.ts";
import type { RegistryContext } from "./registry-context.ts";

/** Throws `metadata_schema_conflict` if the slug is registered with other content; not registered is well. */
export async function checkRegisteredSchema(context: RegistryContext, schema: MetadataSchema): Promise<void> {
  const known = await context.database.read((reader) => metadataSchemaBySlug(reader, schema.slug));
  if (known !== undefined && known.digest !== schema.digest)
    throw schemaConflict(schema, `registered as ${known.digest}`);
}

/**
 * Registers a schema under its slug. A slug never changes: the same content again answers `false`, other content is
 * refused (`metadata_schema_conflict`). So is other content under the slug of a schema that is part of the program: a
 * registered schema comes first, and packages that are described by the program's own would be refused for ever.
 */
export async function registerSchema(context: RegistryContext, schema: MetadataSchema): Promise<boolean> {
  checkSlug(schema.slug);
  const embedded = embeddedSchema(schema.slug);
  if (embedded !== undefined && embedded.digest !== schema.digest)
    throw schemaConflict(schema, `part of the program as ${embedded.digest}`);
  const events = await record(context, async ({ writer }) => {
    const known = await metadataSchemaBySlug(writer, schema.slug);
    if (known !== undefined) {
      if (known.digest !== schema.digest) throw schemaConflict(schema, `registered as ${known.digest}`);
      return [];
    }
    const subject = { kind: "metadata_schema", id: schema.slug };
    const [logged] = await readEvents(writer, { subject, limit: 1 });
    if (logged !== undefined) throw viewsDiffer(schema.slug, `event ${logged.sequence}`);
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

function schemaConflict(schema: MetadataSchema, known: string): ArtifactstoreError {
  return new ArtifactstoreError(
    "metadata_schema_conflict",
    `Cannot use metadata schema "${schema.slug}": it is ${known}, this one is ${schema.digest}`,
  );
}
