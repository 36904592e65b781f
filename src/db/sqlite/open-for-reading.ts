import { randomUUID } from "node:crypto";
import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ArtifactstoreError, isArtifactstoreError } from "../../core/errors.ts";
import type { SqliteOpenOptions } from "../../core/sqlite-port.ts";
import type { SqliteSession } from "./sqlite-session.ts";
import { retryWhileBusy } from "./sqlite-transaction.ts";

export interface ReadingMode {
  /** A further connection in the mode that works here. */
  readonly open: () => SqliteSession;
  /** Throws `database_busy` if the file changed under a reader that takes no locks. */
  readonly check: () => void;
}

export interface ReadingOptions {
  readonly path: string;
  readonly busyTimeoutMs: number;
  readonly canMakeFilesBeside: (path: string) => boolean;
}

/**
 * Finds out how a database file can be read. A database with a write-ahead log needs a shared index beside it, even
 * for reading. Where that can be neither found nor made (a read-only file system, a full disk), the file is read as
 * immutable: no locks, no files, the log ignored. That is right only if no log is waiting and nobody writes, so a waiting log is
 * refused, and the file is compared before and after each snapshot.
 */
export async function openForReading(
  options: ReadingOptions,
  openSession: (flags: SqliteOpenOptions) => SqliteSession,
): Promise<ReadingMode> {
  const { path, busyTimeoutMs } = options;
  const open = () => openSession({ readOnly: true, create: false });
  try {
    await tryReading(open, busyTimeoutMs, path);
    return { open, check: () => {} };
  } catch (error) {
    // Bun and Deno both say "cannot open" for the missing index; a database that is really out of reach fails again.
    if (
      !isArtifactstoreError(error, "database_unavailable") &&
      !isArtifactstoreError(error, "database_read_only")
    ) {
      throw error;
    }
    if (options.canMakeFilesBeside(path)) throw error;
    refuseWaitingLog(path, error);
  }
  const openImmutable = () => openSession({ readOnly: true, create: false, immutable: true });
  const before = fingerprint(path);
  await tryReading(openImmutable, busyTimeoutMs, path);
  const check = () => {
    if (fingerprint(path) !== before) {
      throw new ArtifactstoreError("database_busy", `Cannot read database "${path}": it changed meanwhile`);
    }
  };
  return { open: openImmutable, check };
}

async function tryReading(open: () => SqliteSession, busyTimeoutMs: number, path: string): Promise<void> {
  const session = open();
  try {
    await retryWhileBusy(busyTimeoutMs, `read database "${path}"`, () =>
      session.control("SELECT 1 FROM sqlite_schema LIMIT 1"),
    );
  } finally {
    session.close();
  }
}

/** The shared index of a write-ahead log, as SQLite makes it at first. Bytes. */
const SHARED_INDEX_BYTES = 32 * 1024;

/**
 * Tried, not asked: `access` on Deno 2.9 looks at permission bits and knows nothing of read-only file systems, and on a
 * full disk an empty file can be made, of which SQLite then has no use.
 */
export function canMakeFilesBeside(path: string): boolean {
  const probe = join(dirname(path), `.artifactstore-${randomUUID()}.tmp`);
  try {
    writeFileSync(probe, new Uint8Array(SHARED_INDEX_BYTES), { flag: "wx" });
    return true;
  } catch {
    return false;
  } finally {
    removeQuietly(probe);
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Where it could not be made it cannot be removed.
  }
}

function refuseWaitingLog(path: string, cause: unknown): void {
  const log = `${path}-wal`;
  if (!existsSync(log) || statSync(log).size === 0) return;
  throw new ArtifactstoreError(
    "database_read_only",
    `Cannot read database "${path}": its write-ahead log "${log}" is not yet folded back, which needs write access once`,
    { cause },
  );
}

function fingerprint(path: string): string {
  const { size, mtimeMs, ino } = statSync(path);
  const log = `${path}-wal`;
  const logBytes = existsSync(log) ? statSync(log).size : 0;
  return `${ino} ${size} ${mtimeMs} ${logBytes}`;
}
