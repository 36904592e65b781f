import { randomUUID } from "node:crypto";
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { ArtifactstoreError, isArtifactstoreError } from "../../core/errors.ts";
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
  } catch (error) {
    throw isArtifactstoreError(error) ? error : creationFailure(path, error);
  } finally {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) removeQuietly(temporary + suffix);
  }
}

/** Only tidying: the database is there, or the failure that kept it from being there is the one to tell. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A name that nobody looks for, in a directory of the registry's own.
  }
}

/** What the file system refuses; what SQLite refuses has been mapped before. */
function creationFailure(path: string, cause: unknown): ArtifactstoreError {
  const system = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const code = system === "ENOSPC" || system === "EDQUOT" ? "storage_full" : "database_unavailable";
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new ArtifactstoreError(code, `Cannot make database "${path}": ${detail}`, { cause });
}

function syncPath(path: string, flags: "r" | "r+"): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
