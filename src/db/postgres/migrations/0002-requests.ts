import type { Migration } from "../../migration.ts";

/* As on SQLite (`../../sqlite/migrations/0004-requests.ts`). */
export const requests: Migration = {
  version: 2,
  name: "requests",
  sql: `
CREATE TABLE uploads (
  id TEXT COLLATE "C" PRIMARY KEY,
  package_id TEXT COLLATE "C" NOT NULL,
  relative_path TEXT COLLATE "C" NOT NULL,
  media_type TEXT COLLATE "C",
  expected_sha256 TEXT COLLATE "C",
  expected_content_address TEXT COLLATE "C",
  metadata TEXT COLLATE "C" NOT NULL,
  size_bytes BIGINT NOT NULL CHECK (size_bytes >= 0),
  offset_bytes BIGINT NOT NULL CHECK (offset_bytes >= 0 AND offset_bytes <= size_bytes),
  temporary_path TEXT COLLATE "C" NOT NULL,
  file_id TEXT COLLATE "C",
  created_at TEXT COLLATE "C" NOT NULL,
  expires_at TEXT COLLATE "C" NOT NULL,
  locked_by TEXT COLLATE "C",
  locked_until TEXT COLLATE "C"
);
CREATE INDEX uploads_expiry ON uploads (expires_at);

CREATE TABLE idempotency_keys (
  key_digest BYTEA PRIMARY KEY CHECK (length(key_digest) = 32),
  fingerprint BYTEA NOT NULL CHECK (length(fingerprint) = 32),
  answer TEXT COLLATE "C",
  holder TEXT COLLATE "C" NOT NULL,
  expires_at TEXT COLLATE "C" NOT NULL
);
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);
`,
};
