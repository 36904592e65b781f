import type { JsonObject } from "../core/cbor-value.ts";
import type { ContentAddress } from "../core/content-address.ts";
import type { ManifestFile } from "../core/manifest.ts";
import type { FileRow, PackageRow } from "../db/view-tables.ts";
import type { PackageDescription } from "./package-description.ts";

/** The manifest's entry for a file, as it was recorded. */
export function manifestFileOf(row: FileRow): ManifestFile {
  return {
    path: row.relative_path,
    media_type: row.media_type,
    size_bytes: row.size_bytes,
    content_address: row.content_address,
    sha256: row.digest_sha256,
    ...(row.annotations === null ? {} : { annotations: JSON.parse(row.annotations) as JsonObject }),
  };
}

/** What its producer said of a package, as it was recorded. */
export function describedPackage(row: PackageRow): PackageDescription {
  return {
    name: row.name,
    producer: row.producer,
    subject: row.subject,
    retentionClass: row.retention_class,
    metadata: JSON.parse(row.metadata) as JsonObject,
    provenance: JSON.parse(row.provenance) as JsonObject,
    ...(row.external_id === null ? {} : { externalId: row.external_id }),
    ...(row.metadata_schema_slug === null || row.metadata_schema_digest === null
      ? {}
      : {
          metadataSchema: {
            slug: row.metadata_schema_slug,
            digest: row.metadata_schema_digest as ContentAddress,
          },
        }),
  };
}
