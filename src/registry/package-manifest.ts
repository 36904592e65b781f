import { buildManifest } from "../core/build-manifest.ts";
import type { Manifest, ManifestFile } from "../core/manifest.ts";
import type { PackageDescription } from "./package-description.ts";

/** The manifest of a description and its files. */
export function packageManifest(description: PackageDescription, files: readonly ManifestFile[]): Manifest {
  const { name, producer, subject, externalId, metadataSchema, metadata, provenance, retentionClass } =
    description;
  return buildManifest({
    package: {
      name,
      producer,
      subject,
      ...(externalId === undefined ? {} : { external_id: externalId }),
      ...(metadataSchema === undefined
        ? {}
        : { metadata_schema: { slug: metadataSchema.slug, digest: metadataSchema.digest } }),
      metadata,
    },
    files,
    retention_class: retentionClass,
    provenance,
  });
}
