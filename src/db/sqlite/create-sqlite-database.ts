import { randomUUID } from "node:crypto";
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { type MigrateOptions, migrateSqlite } from "./migrate-sqlite.ts";
import { mapSqliteError } from "./sqlite-errors.ts";
import type { SqliteSession } from "./sqlite-session.ts";

/**
 * Makes a registry's database where there is none, so that it is either absent or whole. Order: the whole schema in a
 * file of a temporary name, unsynced, since nobody else has it open; close; fsync of the file; a second name, the right
 * one, which fails if another process was first and then theirs counts; fsync of the directory. Stopped at any point, it
 * leaves at most the file of the temporary name.
 *
 * Does nothing on a file system without hard links: the database is then made in its place.
 *
 * @param open opens a file of this name, to be made
 */
export async function createSqliteDatabase(
  options: MigrateOptions,
  open: (path: string) => SqliteSession,
): Promise<void> {
  const { path } = options;
  const temporary = `${path}.${randomUUID()}.new`;
  try {
    const session = open(temporary);
    try {
      session.control("PRAGMA synchronous = OFF");
      session.control("PRAGMA journal_mode = WAL");
      await migrateSqlite(session, 0, { ...options, path: temporary });
    } catch (error) {
      throw mapSqliteError(error, `make database "${path}"`);
    } finally {
      session.close();
    }
    syncPath(temporary, "r+");
    try {
      linkSync(temporary, path);
    } catch {
      // Another process was first, or there are no links here: what comes next finds out which.
      if (!existsSync(path)) return;
    }
    syncPath(dirname(path), "r");
  } finally {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(temporary + suffix, { force: true });
  }
}

function syncPath(path: string, flags: "r" | "r+"): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
