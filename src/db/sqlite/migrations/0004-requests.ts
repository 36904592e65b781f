import type { Migration } from "../../migration.ts";

/* What lives as long as a request, or as several that belong together: see `src/db/request-tables.ts`. */
export const requests: Migration = {
  version: 4,
  name: "requests",
  sql: `
CREATE TABLE uploads (
  id TEXT PRIMARY KEY NOT NULL,
  package_id TEXT NOT NULL,
  relative_path TEXT NOT NULL,
  media_type TEXT,
  expected_sha256 TEXT,
  expected_content_address TEXT,
  metadata TEXT NOT NULL,
  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  offset_bytes INTEGER NOT NULL CHECK (offset_bytes >= 0 AND offset_bytes <= size_bytes),
  temporary_path TEXT NOT NULL,
  file_id TEXT,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  locked_by TEXT,
  locked_until TEXT
) STRICT;
CREATE INDEX uploads_expiry ON uploads (expires_at);

CREATE TABLE idempotency_keys (
  key_digest BLOB PRIMARY KEY NOT NULL CHECK (length(key_digest) = 32),
  fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
  answer TEXT,
  holder TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);
`,
};
