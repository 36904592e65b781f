import { integer } from "drizzle-orm/sqlite-core/columns/integer";
import { text } from "drizzle-orm/sqlite-core/columns/text";
import { sqliteTable } from "drizzle-orm/sqlite-core/table";
import { bytes } from "./column-types.ts";

/*
 * What lives as long as a request, or as several that belong together, and then goes. None of it is evidence: the log
 * does not speak of it, and a move of the registry leaves it behind.
 */

/** Uploads that arrive in several requests; each has a file on this host. */
export const uploads = sqliteTable("uploads", {
  /** UUID (version 4): whoever has it has the upload. */
  id: text().primaryKey(),
  package_id: text().notNull(),
  relative_path: text().notNull(),
  media_type: text(),
  /** Hex, as the sender declared it. */
  expected_sha256: text(),
  expected_content_address: text(),
  /** As the sender spelled it, to be given back. */
  metadata: text().notNull(),
  size_bytes: integer().notNull(),
  /** So much has reached the disk, from the beginning. */
  offset_bytes: integer().notNull(),
  temporary_path: text().notNull(),
  /** The file that it became. */
  file_id: text(),
  created_at: text().notNull(),
  expires_at: text().notNull(),
  /** Whose process is writing to it, and until when that is believed. */
  locked_by: text(),
  locked_until: text(),
});

/** Answers to requests that may come again. */
export const idempotencyKeys = sqliteTable("idempotency_keys", {
  /** SHA-256 of actor and key, 32 bytes: keys of different actors do not meet. */
  key_digest: bytes().primaryKey(),
  /** SHA-256 of what was asked, 32 bytes. */
  fingerprint: bytes().notNull(),
  /** JSON; null while the first request is at work. */
  answer: text(),
  /** Whose process is at work. */
  holder: text().notNull(),
  expires_at: text().notNull(),
});

export type UploadRow = typeof uploads.$inferSelect;
export type IdempotencyRow = typeof idempotencyKeys.$inferSelect;
