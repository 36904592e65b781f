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
 * Sees to it that a slug names this schema on the server, which holds metadata against it: registers it where it is not
 * known. Throws `metadata_schema_conflict`.
 */
export async function ensureRemoteSchema(
  { client }: RemoteRegistry,
  { slug, digest, json_schema }: MetadataSchema,
): Promise<void> {
  try {
    const known = await client.metadataSchemas.show(slug);
    if (known.digest === digest) return;
    throw new ArtifactstoreError(
      "metadata_schema_conflict",
      `Cannot use metadata schema "${slug}": on the server it is ${known.digest}, this one is ${digest}`,
    );
  } catch (error) {
    const isUnread = isArtifactstoreError(error, "forbidden");
    // A server has it too, as part of the program: nothing need be registered.
    if (isUnread && embeddedSchema(slug)?.digest === digest) return;
    if (!isUnread && !isArtifactstoreError(error, "metadata_schema_not_found")) throw error;
  }
  await client.metadataSchemas.register(slug, json_schema);
}
