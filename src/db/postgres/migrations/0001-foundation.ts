import type { Migration } from "../../migration.ts";

/*
 * As on SQLite (`../../sqlite/migrations/0001-foundation.ts`): the same tables, columns, keys and indexes. Texts are
 * ordered by their bytes (`COLLATE "C"`), so that lists and digests are the same on both.
 *
 * - Metadata stay the canonical text that replay gives, to the byte; what is queried is that text as `JSONB`, which has an
 *   index over every member. It takes every text that there can be: U+0000, the one character that JSON has and
 *   PostgreSQL has not, is refused by our canonical CBOR already.
 * - Packages of an external id that are abandoned or gone are found by an index, too: a list in order is passed over from
 *   end to end on SQLite, which is quick there.
 * - Whoever follows the log hears of each append when it commits (channel `artifactstore_log`, the schema's name).
 * - Every append rewrites the one row of `log_head`: with room on its page that touches no index.
 */
export const foundation: Migration = {
  version: 1,
  name: "foundation",
  sql: `
CREATE TABLE registry (
  singleton BIGINT PRIMARY KEY CHECK (singleton = 1),
  registry_id TEXT COLLATE "C" NOT NULL,
  created_at TEXT COLLATE "C" NOT NULL
);

CREATE TABLE events (
  sequence BIGINT PRIMARY KEY CHECK (sequence > 0),
  created_at TEXT COLLATE "C" NOT NULL,
  event_type TEXT COLLATE "C" NOT NULL,
  subject_kind TEXT COLLATE "C" NOT NULL,
  subject_id TEXT COLLATE "C" NOT NULL,
  actor TEXT COLLATE "C" NOT NULL,
  payload BYTEA NOT NULL,
  payload_digest BYTEA NOT NULL
);
CREATE INDEX events_subject ON events (subject_id);

CREATE TABLE log_head (
  singleton BIGINT PRIMARY KEY CHECK (singleton = 1),
  sequence BIGINT NOT NULL,
  created_at TEXT COLLATE "C",
  root_hash BYTEA NOT NULL,
  frontier BYTEA NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log_head (singleton, sequence, created_at, root_hash, frontier)
VALUES (1, 0, NULL, '\\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '');

CREATE FUNCTION log_appended() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM pg_catalog.pg_notify('artifactstore_log', TG_TABLE_SCHEMA);
  RETURN NULL;
END
$body$;
CREATE TRIGGER log_appended AFTER UPDATE ON log_head FOR EACH STATEMENT EXECUTE FUNCTION log_appended();

CREATE TABLE log_tiles (
  tile BIGINT PRIMARY KEY,
  root_hash BYTEA,
  leaf_hashes BYTEA NOT NULL CHECK (length(leaf_hashes) % 32 = 0 AND length(leaf_hashes) <= 8192)
);

CREATE TABLE leases (
  id TEXT COLLATE "C" PRIMARY KEY,
  mode TEXT COLLATE "C" NOT NULL CHECK (mode IN ('use', 'delete')),
  holder TEXT COLLATE "C" NOT NULL,
  acquired_at TEXT COLLATE "C" NOT NULL,
  expires_at TEXT COLLATE "C" NOT NULL,
  addresses BYTEA NOT NULL CHECK (length(addresses) % 32 = 0)
);

CREATE TABLE location_checks (
  location_id TEXT COLLATE "C" PRIMARY KEY,
  checked_at TEXT COLLATE "C" NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL,
  detail TEXT COLLATE "C"
);

CREATE TABLE artifact_packages (
  id TEXT COLLATE "C" PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL,
  producer TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  external_id TEXT COLLATE "C",
  retention_class TEXT COLLATE "C" NOT NULL,
  metadata_schema_slug TEXT COLLATE "C",
  metadata_schema_digest TEXT COLLATE "C",
  metadata TEXT COLLATE "C" NOT NULL,
  provenance TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL
    CHECK (status IN ('created', 'finalized', 'abandoned', 'garbage_collected', 'purged')),
  created_at TEXT COLLATE "C" NOT NULL,
  created_event_sequence BIGINT NOT NULL,
  finalized_at TEXT COLLATE "C",
  manifest_digest TEXT COLLATE "C",
  abandoned_at TEXT COLLATE "C",
  abandoned_reason TEXT COLLATE "C",
  file_count BIGINT NOT NULL,
  total_size_bytes BIGINT NOT NULL,
  last_event_sequence BIGINT NOT NULL
);
CREATE INDEX artifact_packages_external_id ON artifact_packages (producer, external_id)
  WHERE status IN ('created', 'finalized') AND external_id IS NOT NULL;
CREATE UNIQUE INDEX artifact_packages_list ON artifact_packages (created_event_sequence);
CREATE INDEX artifact_packages_producer ON artifact_packages (producer, created_event_sequence);
CREATE INDEX artifact_packages_subject ON artifact_packages (subject, created_event_sequence);
CREATE INDEX artifact_packages_retention_class ON artifact_packages (retention_class, created_event_sequence);
CREATE INDEX artifact_packages_status ON artifact_packages (status, created_event_sequence);
CREATE INDEX artifact_packages_external_ids ON artifact_packages (external_id, created_event_sequence)
  WHERE external_id IS NOT NULL;
CREATE INDEX artifact_packages_created_at ON artifact_packages (created_at, created_event_sequence);
CREATE INDEX artifact_packages_manifest_digest ON artifact_packages (manifest_digest)
  WHERE manifest_digest IS NOT NULL;
CREATE INDEX artifact_packages_metadata ON artifact_packages
  USING gin ((metadata::JSONB) jsonb_path_ops);

CREATE TABLE artifact_files (
  id TEXT COLLATE "C" PRIMARY KEY,
  package_id TEXT COLLATE "C" NOT NULL REFERENCES artifact_packages (id) DEFERRABLE INITIALLY DEFERRED,
  relative_path TEXT COLLATE "C" NOT NULL,
  media_type TEXT COLLATE "C" NOT NULL,
  size_bytes BIGINT NOT NULL,
  digest_algorithm TEXT COLLATE "C" NOT NULL,
  digest_primary TEXT COLLATE "C" NOT NULL,
  digest_sha256 TEXT COLLATE "C" NOT NULL,
  content_address TEXT COLLATE "C" NOT NULL,
  annotations TEXT COLLATE "C",
  event_sequence BIGINT NOT NULL
);
CREATE UNIQUE INDEX artifact_files_path ON artifact_files (package_id, relative_path);
CREATE INDEX artifact_files_sha256 ON artifact_files (substr(digest_sha256, 1, 16));

CREATE TABLE storage_locations (
  id TEXT COLLATE "C" NOT NULL,
  file_id TEXT COLLATE "C" NOT NULL REFERENCES artifact_files (id) DEFERRABLE INITIALLY DEFERRED,
  backend_id TEXT COLLATE "C" NOT NULL,
  content_address TEXT COLLATE "C" NOT NULL,
  object_key TEXT COLLATE "C" NOT NULL,
  retrieval_tier TEXT COLLATE "C" NOT NULL,
  restore_status TEXT COLLATE "C",
  verification_state TEXT COLLATE "C" NOT NULL,
  verified_at TEXT COLLATE "C",
  deletion_state TEXT COLLATE "C" NOT NULL,
  created_at TEXT COLLATE "C" NOT NULL,
  last_event_sequence BIGINT NOT NULL,
  PRIMARY KEY (file_id, backend_id)
);
CREATE INDEX storage_locations_blob ON storage_locations (content_address, backend_id);

CREATE TABLE retention_state (
  package_id TEXT COLLATE "C" PRIMARY KEY REFERENCES artifact_packages (id) DEFERRABLE INITIALLY DEFERRED,
  retention_class TEXT COLLATE "C" NOT NULL,
  duration_seconds BIGINT,
  current_expires_at TEXT COLLATE "C",
  eligible_for_deletion BIGINT NOT NULL CHECK (eligible_for_deletion IN (0, 1)),
  marked_at TEXT COLLATE "C",
  last_event_sequence BIGINT NOT NULL
);
CREATE INDEX retention_state_expiry ON retention_state (current_expires_at)
  WHERE current_expires_at IS NOT NULL;

CREATE TABLE retention_holds (
  id TEXT COLLATE "C" PRIMARY KEY,
  package_id TEXT COLLATE "C" NOT NULL REFERENCES artifact_packages (id) DEFERRABLE INITIALLY DEFERRED,
  name TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  reference TEXT COLLATE "C",
  applied_at TEXT COLLATE "C" NOT NULL,
  applied_by TEXT COLLATE "C" NOT NULL,
  released_at TEXT COLLATE "C",
  released_by TEXT COLLATE "C",
  release_reason TEXT COLLATE "C",
  last_event_sequence BIGINT NOT NULL
);
CREATE INDEX retention_holds_package ON retention_holds (package_id);

CREATE TABLE retention_classes (
  name TEXT COLLATE "C" PRIMARY KEY,
  default_duration_seconds BIGINT,
  last_event_sequence BIGINT NOT NULL
);

CREATE TABLE metadata_schemas (
  slug TEXT COLLATE "C" PRIMARY KEY,
  digest TEXT COLLATE "C" NOT NULL,
  json_schema TEXT COLLATE "C" NOT NULL,
  registered_at TEXT COLLATE "C" NOT NULL,
  last_event_sequence BIGINT NOT NULL
);
`,
};
