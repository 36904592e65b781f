import { integer } from "drizzle-orm/sqlite-core/columns/integer";
import { text } from "drizzle-orm/sqlite-core/columns/text";
import { sqliteTable } from "drizzle-orm/sqlite-core/table";
import { bytes } from "./column-types.ts";

/*
 * What is not derived from anything: the event log and its head, the registry's identity, and the little that lives
 * beside the log. Keys are column names, so that a raw row and the inferred type are the same.
 *
 * The tables are named and typed here once; the migrations hold the statements that make them, and a test holds the
 * two together.
 */

/** One row, made in the transaction of the first package. */
export const registry = sqliteTable("registry", {
  singleton: integer().primaryKey(),
  /** Random UUID (version 4). */
  registry_id: text().notNull(),
  created_at: text().notNull(),
});

/** The source of truth. Rows are only ever added. */
export const events = sqliteTable("events", {
  sequence: integer().primaryKey(),
  created_at: text().notNull(),
  event_type: text().notNull(),
  subject_kind: text().notNull(),
  subject_id: text().notNull(),
  actor: text().notNull(),
  /** Canonical CBOR. */
  payload: bytes().notNull(),
  /** BLAKE3 of `payload`, 32 bytes. */
  payload_digest: bytes().notNull(),
});

/** One row, there from the first migration: the lock that writers follow one another by, and the Merkle tree so far. */
export const logHead = sqliteTable("log_head", {
  singleton: integer().primaryKey(),
  /** Of the last event; 0 while there is none. */
  sequence: integer().notNull(),
  /** Of the last event. */
  created_at: text(),
  /** RFC 6962 root over `sequence` leaves, 32 bytes. */
  root_hash: bytes().notNull(),
  /** The perfect subtrees that the next leaf extends, see `core/merkle.ts`. */
  frontier: bytes().notNull(),
});

/**
 * The leaves of the Merkle tree, 256 to a row: what tells which event was tampered with, and what proofs are made of
 * without hashing the whole log again: the roots of full tiles alone give the root of the tree.
 */
export const logTiles = sqliteTable("log_tiles", {
  /** From 0; tile n holds the leaves of events 256 n + 1 to 256 n + 256. */
  tile: integer().primaryKey(),
  /** RFC 6962 root over the leaves of a full tile, 32 bytes; null while leaves are still to come. */
  root_hash: bytes(),
  /** RFC 6962 leaf hashes of 32 bytes, one after the other. */
  leaf_hashes: bytes().notNull(),
});

/** Leaves in a full tile. Count. */
export const LOG_TILE_LEAVES = 256;

/** Who relies on blobs (`use`) or is deleting them (`delete`) at this moment; one row for a batch of blobs. */
export const leases = sqliteTable("leases", {
  id: text().primaryKey(),
  mode: text().notNull(),
  holder: text().notNull(),
  acquired_at: text().notNull(),
  expires_at: text().notNull(),
  /** BLAKE3 digests of 32 bytes, one after the other. */
  addresses: bytes().notNull(),
});

/** When each location was last checked: too many and too often for the log, which keeps changes of outcome only. */
export const locationChecks = sqliteTable("location_checks", {
  location_id: text().primaryKey(),
  checked_at: text().notNull(),
  outcome: text().notNull(),
  detail: text(),
});

export const schemaMigrations = sqliteTable("schema_migrations", {
  version: integer().primaryKey(),
  name: text().notNull(),
  /** SHA-256 of the migration's statements, hex. */
  digest: text().notNull(),
  applied_at: text().notNull(),
});

export type EventRow = typeof events.$inferSelect;
export type LogHeadRow = typeof logHead.$inferSelect;
export type LogTileRow = typeof logTiles.$inferSelect;
export type LeaseRow = typeof leases.$inferSelect;
export type LocationCheckRow = typeof locationChecks.$inferSelect;
