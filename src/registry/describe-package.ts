import type { JsonObject } from "../core/cbor-value.ts";
import type { PackageRow } from "../db/view-tables.ts";

/** A package as people and programs see it; `provenance` is left to `show`, since it may be long. */
export function describePackage(row: PackageRow): JsonObject {
  return {
    id: row.id,
    name: row.name,
    producer: row.producer,
    subject: row.subject,
    external_id: row.external_id,
    retention_class: row.retention_class,
    metadata_schema:
      row.metadata_schema_slug === null
        ? null
        : { slug: row.metadata_schema_slug, digest: row.metadata_schema_digest },
    metadata: JSON.parse(row.metadata) as JsonObject,
    status: row.status,
    created_at: row.created_at,
    finalized_at: row.finalized_at,
    manifest_digest: row.manifest_digest,
    file_count: row.file_count,
    total_size_bytes: row.total_size_bytes,
    ...(row.abandoned_at === null
      ? {}
      : { abandoned_at: row.abandoned_at, abandoned_reason: row.abandoned_reason }),
    last_event_sequence: row.last_event_sequence,
  };
}
