import type { FileRow, LocationRow, PackageRow, RetentionRow } from "../db/view-tables.ts";

/* The order in which the projection gives values. */

export const PACKAGE_COLUMNS = [
  "id",
  "name",
  "producer",
  "subject",
  "external_id",
  "retention_class",
  "metadata_schema_slug",
  "metadata_schema_digest",
  "metadata",
  "provenance",
  "status",
  "created_at",
  "created_event_sequence",
  "file_count",
  "total_size_bytes",
  "last_event_sequence",
] as const satisfies readonly (keyof PackageRow)[];

export const FILE_COLUMNS = [
  "id",
  "package_id",
  "relative_path",
  "media_type",
  "size_bytes",
  "digest_algorithm",
  "digest_primary",
  "digest_sha256",
  "content_address",
  "annotations",
  "event_sequence",
] as const satisfies readonly (keyof FileRow)[];

export const LOCATION_COLUMNS = [
  "id",
  "file_id",
  "backend_id",
  "content_address",
  "object_key",
  "retrieval_tier",
  "verification_state",
  "deletion_state",
  "created_at",
  "last_event_sequence",
] as const satisfies readonly (keyof LocationRow)[];

export const RETENTION_COLUMNS = [
  "package_id",
  "retention_class",
  "duration_seconds",
  "current_expires_at",
  "eligible_for_deletion",
  "last_event_sequence",
] as const satisfies readonly (keyof RetentionRow)[];
