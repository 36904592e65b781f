import { integer } from "drizzle-orm/sqlite-core/columns/integer";
import { text } from "drizzle-orm/sqlite-core/columns/text";
import { primaryKey } from "drizzle-orm/sqlite-core/primary-keys";
import { sqliteTableCreator } from "drizzle-orm/sqlite-core/table";

/**
 * The views: tables that hold nothing but what the event log says, rebuilt by replay. Made for a prefix, so that the
 * one projection writes to the live set (no prefix) or to a shadow set beside it.
 *
 * Times are texts of the form `YYYY-MM-DDTHH:MM:SS.sssZ`, JSON columns hold canonical JSON (RFC 8785).
 */
export function createViewTables(prefix: string) {
  const table = sqliteTableCreator((name) => `${prefix}${name}`);
  return {
    artifact_packages: table("artifact_packages", {
      id: text().primaryKey(),
      name: text().notNull(),
      producer: text().notNull(),
      subject: text().notNull(),
      external_id: text(),
      retention_class: text().notNull(),
      metadata_schema_slug: text(),
      metadata_schema_digest: text(),
      /** JSON object. */
      metadata: text().notNull(),
      /** JSON object. */
      provenance: text().notNull(),
      /** `created`, `finalized`, `abandoned`, `garbage_collected` or `purged`. */
      status: text().notNull(),
      created_at: text().notNull(),
      created_event_sequence: integer().notNull(),
      finalized_at: text(),
      manifest_digest: text(),
      abandoned_at: text(),
      abandoned_reason: text(),
      file_count: integer().notNull(),
      /** Sum over its files, equal blobs counted each time. */
      total_size_bytes: integer().notNull(),
      last_event_sequence: integer().notNull(),
    }),
    artifact_files: table("artifact_files", {
      id: text().primaryKey(),
      package_id: text().notNull(),
      relative_path: text().notNull(),
      media_type: text().notNull(),
      size_bytes: integer().notNull(),
      /** `blake3`: the algorithm of `digest_primary`. */
      digest_algorithm: text().notNull(),
      /** Hex. */
      digest_primary: text().notNull(),
      /** Hex. */
      digest_sha256: text().notNull(),
      content_address: text().notNull(),
      /** JSON object. */
      annotations: text(),
      event_sequence: integer().notNull(),
    }),
    storage_locations: table(
      "storage_locations",
      {
        /** UUID (version 5) made from file and backend. */
        id: text().notNull(),
        file_id: text().notNull(),
        backend_id: text().notNull(),
        content_address: text().notNull(),
        object_key: text().notNull(),
        retrieval_tier: text().notNull(),
        restore_status: text(),
        /** `unverified`, or the outcome of the last verification that changed it. */
        verification_state: text().notNull(),
        verified_at: text(),
        /** `live` or `deleted`. */
        deletion_state: text().notNull(),
        created_at: text().notNull(),
        last_event_sequence: integer().notNull(),
      },
      (columns) => [primaryKey({ columns: [columns.file_id, columns.backend_id] })],
    ),
    retention_state: table("retention_state", {
      package_id: text().primaryKey(),
      retention_class: text().notNull(),
      duration_seconds: integer(),
      current_expires_at: text(),
      /** 0 or 1. */
      eligible_for_deletion: integer().notNull(),
      marked_at: text(),
      last_event_sequence: integer().notNull(),
    }),
    retention_holds: table("retention_holds", {
      id: text().primaryKey(),
      package_id: text().notNull(),
      name: text().notNull(),
      reason: text().notNull(),
      reference: text(),
      applied_at: text().notNull(),
      applied_by: text().notNull(),
      released_at: text(),
      released_by: text(),
      release_reason: text(),
      last_event_sequence: integer().notNull(),
    }),
    retention_classes: table("retention_classes", {
      name: text().primaryKey(),
      default_duration_seconds: integer(),
      last_event_sequence: integer().notNull(),
    }),
    metadata_schemas: table("metadata_schemas", {
      slug: text().primaryKey(),
      digest: text().notNull(),
      /** Canonical JSON of the schema. */
      json_schema: text().notNull(),
      registered_at: text().notNull(),
      last_event_sequence: integer().notNull(),
    }),
  };
}

export type ViewTables = ReturnType<typeof createViewTables>;
export type ViewName = keyof ViewTables;

/** The set that queries read. */
export const views: ViewTables = createViewTables("");

/** Parents before children: the order in which rows can be inserted; deleted in the reverse. */
export const VIEW_NAMES = [
  "artifact_packages",
  "artifact_files",
  "storage_locations",
  "retention_state",
  "retention_holds",
  "retention_classes",
  "metadata_schemas",
] as const satisfies readonly ViewName[];

/** Primary keys, in the order in which rows are compared. */
export const VIEW_KEYS = {
  artifact_packages: ["id"],
  artifact_files: ["id"],
  storage_locations: ["file_id", "backend_id"],
  retention_state: ["package_id"],
  retention_holds: ["id"],
  retention_classes: ["name"],
  metadata_schemas: ["slug"],
} as const satisfies Record<ViewName, readonly string[]>;

export type PackageRow = ViewTables["artifact_packages"]["$inferSelect"];
export type FileRow = ViewTables["artifact_files"]["$inferSelect"];
export type LocationRow = ViewTables["storage_locations"]["$inferSelect"];
export type RetentionRow = ViewTables["retention_state"]["$inferSelect"];
export type HoldRow = ViewTables["retention_holds"]["$inferSelect"];
export type RetentionClassRow = ViewTables["retention_classes"]["$inferSelect"];
export type MetadataSchemaRow = ViewTables["metadata_schemas"]["$inferSelect"];
