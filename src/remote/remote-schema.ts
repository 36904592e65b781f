import type { ContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError, isArtifactstoreError } from "../core/errors.ts";
import { embeddedSchema } from "../schema/embedded-schemas.ts";
import type { MetadataSchema } from "../schema/metadata-schema.ts";
import type { RemoteRegistry } from "./remote-registry.ts";

/**
 * The schema that a slug names on the server; for a token that may not read, one that is part of this program. Throws
 * `metadata_schema_not_found`, `forbidden`.
 */
export async function findRemoteSchema({ client }: RemoteRegistry, slug: string): Promise<MetadataSchema> {
  try {
    const { digest, json_schema } = await client.metadataSchemas.show(slug);
    return { slug, digest: digest as ContentAddress, json_schema };
  } catch (error) {
    const embedded = embeddedSchema(slug);
    if (embedded !== undefined && isArtifactstoreError(error, "forbidden")) return embedded;
    throw error;
  }
}

/**
 * Whether the server has this schema under its slug, so that it can hold metadata against it. Throws
 * `metadata_schema_conflict` where the slug is another's.
 */
export async function isSchemaKnown(
  { client }: RemoteRegistry,
  { slug, digest }: MetadataSchema,
): Promise<boolean> {
  let known: string;
  try {
    known = (await client.metadataSchemas.show(slug)).digest;
  } catch (error) {
    // What is part of this program is part of the server's too, though this token may not read it there.
    if (isArtifactstoreError(error, "forbidden")) return embeddedSchema(slug)?.digest === digest;
    if (isArtifactstoreError(error, "metadata_schema_not_found")) return false;
    throw error;
  }
  if (known === digest) return true;
  throw new ArtifactstoreError(
    "metadata_schema_conflict",
    `Cannot use metadata schema "${slug}": on the server it is ${known}, this one is ${digest}`,
  );
}

/** Registers the schema where the server does not have it. Throws `metadata_schema_conflict`. */
export async function ensureRemoteSchema(remote: RemoteRegistry, schema: MetadataSchema): Promise<void> {
  if (await isSchemaKnown(remote, schema)) return;
  await remote.client.metadataSchemas.register(schema.slug, schema.json_schema);
}
