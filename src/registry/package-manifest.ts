import { assembleManifest, type ManifestInput } from "../core/build-manifest.ts";
import type { Manifest, ManifestFile } from "../core/manifest.ts";
import type { PackageDescription } from "./package-description.ts";

/** The manifest of a description and its files, to be compared with a sealed one. */
export function comparableManifest(
  description: PackageDescription,
  files: readonly ManifestFile[],
): Manifest {
  return assembleManifest(manifestInput(description, files));
}

function manifestInput(description: PackageDescription, files: readonly ManifestFile[]): ManifestInput {
  return { ...manifestParts(description), files };
}

/** All of a manifest but its files. */
export function manifestParts(description: PackageDescription): Omit<ManifestInput, "files"> {
  const { name, producer, subject, externalId, metadataSchema, metadata, provenance, retentionClass } =
    description;
  return {
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
    retention_class: retentionClass,
    provenance,
  };
}
