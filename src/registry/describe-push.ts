import { basename } from "node:path";
import type { JsonObject } from "../core/cbor-value.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { MetadataSchema } from "../schema/metadata-schema.ts";
import { validateMetadata } from "../schema/validate-metadata.ts";
import { checkDescription, type PackageDescription } from "./package-description.ts";
import type { PushOptions } from "./push-directory.ts";
import type { SourceTree } from "./source-tree.ts";

/**
 * What a push says of its package, checked. Throws `invalid_input`, `limit_exceeded`, `invalid_metadata`.
 *
 * @param schema what the metadata must satisfy
 */
export async function describePush(
  tree: SourceTree,
  options: PushOptions,
  schema: MetadataSchema | undefined,
): Promise<PackageDescription> {
  const metadata = options.metadata ?? {};
  const description: PackageDescription = {
    name: options.name ?? options.externalId ?? basename(tree.root),
    producer: options.producer,
    subject: options.subject,
    retentionClass: options.retentionClass,
    ...(options.externalId === undefined ? {} : { externalId: options.externalId }),
    ...(schema === undefined ? {} : { metadataSchema: { slug: schema.slug, digest: schema.digest } }),
    metadata,
    provenance: withExclusion(options.provenance ?? {}, tree.exclusion.globs),
  };
  checkDescription(description);
  if (schema !== undefined) await validateMetadata(schema, metadata);
  return description;
}

/** Who reads the package must see that something was left out; a second word on it would contradict the first. */
function withExclusion(provenance: JsonObject, globs: readonly string[]): JsonObject {
  if (globs.length === 0) return provenance;
  if (Object.hasOwn(provenance, "excluded")) {
    throw new ArtifactstoreError(
      "invalid_input",
      'Cannot create package: its provenance has "excluded" already, and globs are given too',
    );
  }
  return { ...provenance, excluded: globs };
}
