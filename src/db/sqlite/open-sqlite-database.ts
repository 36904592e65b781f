import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { ArtifactstoreError, isArtifactstoreError } from "../../core/errors.ts";
import type { OpenSqlite, SqliteOpenOptions } from "../../core/sqlite-port.ts";
import type { Migration } from "../migration.ts";
import { createSqliteDatabase } from "./create-sqlite-database.ts";
import { checkSchemaVersion, expectedSchema, migrateSqlite, readSchemaVersion } from "./migrate-sqlite.ts";
import { sqliteMigrations } from "./migrations/migrations.ts";
import { canMakeFilesBeside, openForReading } from "./open-for-reading.ts";
import { refuseDirectory } from "./refuse-directory.ts";
import { mapSqliteError } from "./sqlite-errors.ts";
import { SqliteRegistryDatabase } from "./sqlite-registry-database.ts";
import { sqliteDatabaseSchema } from "./sqlite-schema.ts";
import { SqliteSession } from "./sqlite-session.ts";
import { prepareReader, prepareWriter } from "./sqlite-settings.ts";
import { retryWhileBusy, runTransaction, SQLITE_BUSY_TIMEOUT_MS } from "./sqlite-transaction.ts";

export interface OpenSqliteDatabaseOptions {
  /** A file's path, or `:memory:`. */
  readonly path: string;
  /**
   * `write` makes the file and its directory (mode 0700) where they are absent and applies migrations; `read` changes
   * nothing, and works on a read-only file system.
   */
  readonly mode: "read" | "write";
  readonly openSqlite: OpenSqlite;
  /** Milliseconds since 1970; only migrations are dated by it. */
  readonly clock: () => number;
  /** How long a writer waits for its turn. Default `SQLITE_BUSY_TIMEOUT_MS`. */
  readonly busyTimeoutMs?: number;
  /** For tests of upgrades; default all. */
  readonly migrations?: readonly Migration[];
  /** For tests of read-only file systems; default asks the file system. */
  readonly canMakeFilesBeside?: (path: string) => boolean;
}

/**
 * Opens a registry's database in SQLite.
 *
 * Throws `registry_not_found` (reading what is not there), `migration_needed` (reading an older schema),
 * `database_newer`, `database_corrupt`, `database_read_only`, `database_busy`, `database_unavailable` and
 * `configuration` (a database of another program).
 */
export async function openSqliteDatabase(
  options: OpenSqliteDatabaseOptions,
): Promise<SqliteRegistryDatabase> {
  const settled: Settled = {
    ...options,
    busyTimeoutMs: options.busyTimeoutMs ?? SQLITE_BUSY_TIMEOUT_MS,
    migrations: options.migrations ?? sqliteMigrations,
    canMakeFilesBeside: options.canMakeFilesBeside ?? canMakeFilesBeside,
  };
  refuseDirectory(options.path);
  return options.mode === "write" ? await openWriting(settled) : await openReading(settled);
}

type Settled = Required<OpenSqliteDatabaseOptions>;

async function openWriting(options: Settled): Promise<SqliteRegistryDatabase> {
  const { path } = options;
  const inMemory = path === ":memory:";
  if (!inMemory) makeDirectory(path);
  try {
    return await openWriter(options);
  } catch (error) {
    if (inMemory || !isArtifactstoreError(error, "database_unavailable")) throw error;
    if (!existsSync(dirname(path)) || options.canMakeFilesBeside(path)) throw error;
    throw new ArtifactstoreError(
      "database_read_only",
      `Cannot write database "${path}": nothing can be written in its directory`,
      { cause: error },
    );
  }
}

async function openWriter(options: Settled): Promise<SqliteRegistryDatabase> {
  const { path } = options;
  if (path === ":memory:") return await openWriterIn(options, "alone");
  if (!existsSync(path)) {
    await createSqliteDatabase(options, (name) =>
      openSession({ ...options, path: name }, { readOnly: false, create: true }),
    );
  }
  try {
    return await openWriterIn(options, "shared");
  } catch (error) {
    if (!isArtifactstoreError(error, "database_unavailable") || options.canMakeFilesBeside(path)) throw error;
    // A full disk has no room for the index that connections share; one that is alone keeps it in memory. So what
    // frees the disk can do its work, and everything else is told `storage_full` by its first write.
    return await openWriterIn(options, "alone");
  }
}

/** @param mode `alone`: one connection for all, which keeps every other process out */
async function openWriterIn(options: Settled, mode: "shared" | "alone"): Promise<SqliteRegistryDatabase> {
  const { path, busyTimeoutMs } = options;
  const writer = openSession(options, { readOnly: false, create: true });
  try {
    if (mode === "alone") writer.control("PRAGMA locking_mode = EXCLUSIVE");
    await prepare(options, () => prepareReader(writer));
    // Looked at before anything is changed: the file may be another program's, or newer.
    const found = await runTransaction(writer, "read", busyTimeoutMs, () =>
      readSchemaVersion(writer, path, options.migrations),
    );
    await prepare(options, () => prepareWriter(writer));
    await migrateSqlite(writer, found, options);
  } catch (error) {
    writer.close();
    throw error;
  }
  const openReader = () => prepared(options, () => openSession(options, { readOnly: true, create: false }));
  return new SqliteRegistryDatabase({
    writer,
    openReader: mode === "alone" ? undefined : openReader,
    busyTimeoutMs,
    schema: sqliteDatabaseSchema(() => expectedSchema(options)),
  });
}

async function openReading(options: Settled): Promise<SqliteRegistryDatabase> {
  const { path, busyTimeoutMs } = options;
  if (path === ":memory:" || !existsSync(path) || statSync(path).size === 0) {
    throw new ArtifactstoreError("registry_not_found", `Cannot open database "${path}": there is none`);
  }
  const { open, check } = await openForReading(options, (flags) => openSession(options, flags));
  const openReader = () => prepared(options, open);
  const database = new SqliteRegistryDatabase({
    writer: undefined,
    openReader,
    busyTimeoutMs,
    checkSnapshot: check,
    schema: sqliteDatabaseSchema(() => expectedSchema(options)),
  });
  try {
    await database.read((reader) => checkSchemaVersion(reader, path, options.migrations));
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

async function prepared(options: Settled, open: () => SqliteSession): Promise<SqliteSession> {
  const session = open();
  try {
    await prepare(options, () => prepareReader(session));
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
}

function prepare({ path, busyTimeoutMs }: Settled, step: () => void): Promise<void> {
  return retryWhileBusy(busyTimeoutMs, `open database "${path}"`, step);
}

function openSession(options: Settled, flags: SqliteOpenOptions): SqliteSession {
  try {
    return new SqliteSession(options.openSqlite(options.path, flags));
  } catch (error) {
    throw mapSqliteError(error, `open database "${options.path}"`);
  }
}

function makeDirectory(path: string): void {
  const directory = dirname(path);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    const readOnly = error instanceof Error && "code" in error && error.code === "EROFS";
    throw new ArtifactstoreError(
      readOnly ? "database_read_only" : "database_unavailable",
      `Cannot open database "${path}": directory "${directory}" cannot be made`,
      { cause: error },
    );
  }
}
