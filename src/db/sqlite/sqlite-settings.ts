import type { SqliteSession } from "./sqlite-session.ts";
import { SQLITE_INNER_BUSY_TIMEOUT_MS } from "./sqlite-transaction.ts";

/** Pages kept in memory by the writing connection: a batch of events with its view rows fits. KiB. */
const WRITER_CACHE_KIB = 16 * 1024;

/** Pages kept in memory by each reading connection. KiB. */
const READER_CACHE_KIB = 8 * 1024;

/** The log is folded back when it has this many pages (16 MiB): pages that many commits change are then written once. */
const CHECKPOINT_PAGES = 4096;

/** What every connection needs before anything else; changes nothing in the file. */
export function prepareReader(session: SqliteSession): void {
  session.control(`PRAGMA busy_timeout = ${SQLITE_INNER_BUSY_TIMEOUT_MS}`);
  session.control(`PRAGMA cache_size = -${READER_CACHE_KIB}`);
}

/**
 * Write-ahead log, so that readers keep their snapshots; every commit reaches the disk before it is answered
 * (`synchronous = FULL` syncs the log at each commit).
 */
export function prepareWriter(session: SqliteSession): void {
  session.control("PRAGMA journal_mode = WAL");
  session.control("PRAGMA synchronous = FULL");
  session.control(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  session.control("PRAGMA foreign_keys = ON");
  session.control(`PRAGMA cache_size = -${WRITER_CACHE_KIB}`);
}

/** With `NORMAL` the write-ahead log is written and not synced; the next commit with `FULL` syncs all of it. */
export async function withoutSync<T>(session: SqliteSession, work: () => Promise<T>): Promise<T> {
  session.control("PRAGMA synchronous = NORMAL");
  try {
    return await work();
  } finally {
    session.control("PRAGMA synchronous = FULL");
  }
}
