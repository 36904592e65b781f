import type { Migration } from "../../migration.ts";

/*
 * Indexes are few on purpose. Digests come in no order, so in a large registry every insert into an index over them
 * changes a page of its own: SHA-256 is therefore indexed by its first 16 digits only, a file's content address only
 * through its locations (rows that are never removed), and a location's id, which follows from file and backend, not
 * at all.
 *
 * Foreign keys are deferred: replay empties and refills the views in one transaction. The root hash of the empty tree
 * is SHA-256 of nothing (RFC 6962 section 2.1).
 */
export const foundation: Migration = {
  version: 1,
  name: "foundation",
  sql: `
CREATE TABLE registry (
  singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
  registry_id TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE events (
  sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
  created_at TEXT NOT NULL,
  event_type TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  payload BLOB NOT NULL,
  payload_digest BLOB NOT NULL
) STRICT;
CREATE INDEX events_subject ON events (subject_id);

CREATE TABLE log_head (
  singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
  sequence INTEGER NOT NULL,
  created_at TEXT,
  root_hash BLOB NOT NULL,
  frontier BLOB NOT NULL
) STRICT;
INSERT INTO log_head (singleton, sequence, created_at, root_hash, frontier)
VALUES (1, 0, NULL, x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', x'');

CREATE TABLE log_tiles (
  tile INTEGER PRIMARY KEY,
  root_hash BLOB,
  leaf_hashes BLOB NOT NULL CHECK (length(leaf_hashes) % 32 = 0 AND length(leaf_hashes) <= 8192)
) STRICT;

CREATE TABLE leases (
  id TEXT PRIMARY KEY NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('use', 'delete')),
  holder TEXT NOT NULL,
  acquired_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  addresses BLOB NOT NULL CHECK (length(addresses) % 32 = 0)
) STRICT;

CREATE TABLE location_checks (
  location_id TEXT PRIMARY KEY NOT NULL,
  checked_at TEXT NOT NULL,
  outcome TEXT NOT NULL,
  detail TEXT
) STRICT;

CREATE TABLE artifact_packages (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  producer TEXT NOT NULL,
  subject TEXT NOT NULL,
  external_id TEXT,
  retention_class TEXT NOT NULL,
  metadata_schema_slug TEXT,
  metadata_schema_digest TEXT,
  metadata TEXT NOT NULL,
  provenance TEXT NOT NULL,
  status TEXT NOT NULL
    CHECK (status IN ('created', 'finalized', 'abandoned', 'garbage_collected', 'purged')),
  created_at TEXT NOT NULL,
  created_event_sequence INTEGER NOT NULL,
  finalized_at TEXT,
  manifest_digest TEXT,
  abandoned_at TEXT,
  abandoned_reason TEXT,
  file_count INTEGER NOT NULL,
  total_size_bytes INTEGER NOT NULL,
  last_event_sequence INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX artifact_packages_external_id ON artifact_packages (producer, external_id)
  WHERE status IN ('created', 'finalized') AND external_id IS NOT NULL;
CREATE UNIQUE INDEX artifact_packages_list ON artifact_packages (created_event_sequence);
CREATE INDEX artifact_packages_subject ON artifact_packages (subject);
CREATE INDEX artifact_packages_manifest_digest ON artifact_packages (manifest_digest)
  WHERE manifest_digest IS NOT NULL;

CREATE TABLE artifact_files (
  id TEXT PRIMARY KEY NOT NULL,
  package_id TEXT NOT NULL REFERENCES artifact_packages (id) DEFERRABLE INITIALLY DEFERRED,
  relative_path TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  digest_algorithm TEXT NOT NULL,
  digest_primary TEXT NOT NULL,
  digest_sha256 TEXT NOT NULL,
  content_address TEXT NOT NULL,
  annotations TEXT,
  event_sequence INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX artifact_files_path ON artifact_files (package_id, relative_path);
CREATE INDEX artifact_files_sha256 ON artifact_files (substr(digest_sha256, 1, 16));

CREATE TABLE storage_locations (
  id TEXT NOT NULL,
  file_id TEXT NOT NULL REFERENCES artifact_files (id) DEFERRABLE INITIALLY DEFERRED,
  backend_id TEXT NOT NULL,
  content_address TEXT NOT NULL,
  object_key TEXT NOT NULL,
  retrieval_tier TEXT NOT NULL,
  restore_status TEXT,
  verification_state TEXT NOT NULL,
  verified_at TEXT,
  deletion_state TEXT NOT NULL,
  created_at TEXT NOT NULL,
  last_event_sequence INTEGER NOT NULL,
  PRIMARY KEY (file_id, backend_id)
) STRICT;
CREATE INDEX storage_locations_blob ON storage_locations (content_address, backend_id);

CREATE TABLE retention_state (
  package_id TEXT PRIMARY KEY NOT NULL REFERENCES artifact_packages (id) DEFERRABLE INITIALLY DEFERRED,
  retention_class TEXT NOT NULL,
  duration_seconds INTEGER,
  current_expires_at TEXT,
  eligible_for_deletion INTEGER NOT NULL CHECK (eligible_for_deletion IN (0, 1)),
  marked_at TEXT,
  last_event_sequence INTEGER NOT NULL
) STRICT;
CREATE INDEX retention_state_expiry ON retention_state (current_expires_at)
  WHERE current_expires_at IS NOT NULL;

CREATE TABLE retention_holds (
  id TEXT PRIMARY KEY NOT NULL,
  package_id TEXT NOT NULL REFERENCES artifact_packages (id) DEFERRABLE INITIALLY DEFERRED,
  name TEXT NOT NULL,
  reason TEXT NOT NULL,
  reference TEXT,
  applied_at TEXT NOT NULL,
  applied_by TEXT NOT NULL,
  released_at TEXT,
  released_by TEXT,
  release_reason TEXT,
  last_event_sequence INTEGER NOT NULL
) STRICT;
CREATE INDEX retention_holds_package ON retention_holds (package_id);

CREATE TABLE retention_classes (
  name TEXT PRIMARY KEY NOT NULL,
  default_duration_seconds INTEGER,
  last_event_sequence INTEGER NOT NULL
) STRICT;

CREATE TABLE metadata_schemas (
  slug TEXT PRIMARY KEY NOT NULL,
  digest TEXT NOT NULL,
  json_schema TEXT NOT NULL,
  registered_at TEXT NOT NULL,
  last_event_sequence INTEGER NOT NULL
) STRICT;
`,
};
