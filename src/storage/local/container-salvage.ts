import { type ContentAddress, contentAddress } from "../../core/content-address.ts";
import type { OpenSqlite, SqliteConnection, SqliteRow, SqliteStatement } from "../../core/sqlite-port.ts";
import type { ContainerCheckOptions } from "../blob-store.ts";
import { ContainerConnection, configureContainer } from "./container-connection.ts";
import { readable, scanContainer } from "./container-scan.ts";
import { RETIRED_VERSION } from "./container-schema.ts";
import { REPAIR_BATCH_ROWS } from "./limits.ts";
import { nextReadable } from "./next-readable.ts";
import { sqliteFailureKind } from "./sqlite-failure.ts";

/** Opens a damaged container alone: throws "busy" if any other connection is open. */
export function takeAlone(openSqlite: OpenSqlite, path: string): SqliteConnection {
  const connection = openSqlite(path, { readOnly: false, create: false });
  try {
    connection.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE");
    // Folds the write-ahead log back and removes it; needs, and keeps, the only lock.
    connection.exec("PRAGMA journal_mode = DELETE");
  } catch (error) {
    // Where page 1 is destroyed nobody can open the file at all, and so nobody has it.
    if (sqliteFailureKind(error) !== "corrupt") {
      connection.close();
      throw error;
    }
  }
  return connection;
}

/** Copies the rows that are whole into the new container; answers how many, and the named blobs that are not among them. */
export async function salvage(
  old: SqliteConnection,
  openSqlite: OpenSqlite,
  path: string,
  options: ContainerCheckOptions,
): Promise<{ readonly keptCount: number; readonly dropped: ContentAddress[] }> {
  const connection = openSqlite(path, { readOnly: false, create: false });
  try {
    configureContainer(connection);
    const fresh = new ContainerConnection(connection);
    let keptCount = 0;
    for (const rows of rowsAround(old)) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      options.signal?.throwIfAborted();
      keptCount += copyRows(fresh, rows, options);
    }
    return { keptCount, dropped: missingNames(old, fresh) };
  } finally {
    connection.close();
  }
}

/** Marks the file as replaced. Its journal stays in memory: one on disk would have the name of its successor's. */
export function retire(old: SqliteConnection): void {
  try {
    old.exec(`PRAGMA journal_mode = MEMORY; PRAGMA user_version = ${RETIRED_VERSION}`);
  } catch {
    // Too damaged to be marked: then it is too damaged to be written by whoever waits for it.
  }
}

function copyRows(
  fresh: ContainerConnection,
  rows: readonly SqliteRow[],
  options: ContainerCheckOptions,
): number {
  let copied = 0;
  fresh.beginWrite();
  for (const row of rows) {
    const { content_address: key, size, stored_at: storedAt, bytes } = row;
    if (!(key instanceof Uint8Array) || key.length !== 32 || !(bytes instanceof Uint8Array)) continue;
    const address = contentAddress(key);
    if (bytes.length !== size || options.isGenuine?.(address, bytes) === false) continue;
    if (fresh.stat(address) !== undefined) continue;
    fresh.insert(address, bytes, Number(storedAt));
    copied += 1;
  }
  fresh.commit();
  return copied;
}

/** All rows by rowid, around what cannot be read. The table alone is read: it does not trust the indexes. */
function* rowsAround(old: SqliteConnection): Generator<SqliteRow[]> {
  const statement = readable(() =>
    old.prepare(
      "SELECT rowid AS id, content_address, size, stored_at, bytes FROM blobs NOT INDEXED WHERE rowid >= ? ORDER BY rowid LIMIT ?",
    ),
  );
  if (statement === undefined) return;
  try {
    yield* pagesAround(statement);
  } finally {
    statement.finalize();
  }
}

function* pagesAround(statement: SqliteStatement): Generator<SqliteRow[]> {
  let from = 0;
  let limit = REPAIR_BATCH_ROWS;
  while (from < Number.MAX_SAFE_INTEGER) {
    const rows = readable(() => statement.all([from, limit]));
    if (rows === undefined) {
      if (limit > 1) {
        limit = Math.floor(limit / 2);
        continue;
      }
      from = nextReadable(
        from,
        Number.MAX_SAFE_INTEGER,
        (rowid) => readable(() => statement.all([rowid, 1])) !== undefined,
      );
      continue;
    }
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit) return;
    from = Number(last["id"]) + 1;
    limit = Math.min(limit * 2, REPAIR_BATCH_ROWS);
  }
}

/** Names that the old index still tells and the new container lacks. */
function missingNames(old: SqliteConnection, fresh: ContainerConnection): ContentAddress[] {
  const missing: ContentAddress[] = [];
  const damaged = readable(() => new ContainerConnection(old));
  if (damaged === undefined) return missing;
  for (const page of scanContainer(
    () => damaged,
    undefined,
    () => {},
  )) {
    for (const { address } of page) if (fresh.stat(address) === undefined) missing.push(address);
  }
  return missing;
}
