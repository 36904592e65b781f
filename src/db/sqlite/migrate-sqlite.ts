import { randomUUID } from "node:crypto";
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync } from "node:fs";
import { sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError, isArtifactstoreError } from "../../core/errors.ts";
import type { OpenSqlite } from "../../core/sqlite-port.ts";
import { formatTimestamp } from "../../core/timestamp.ts";
import {
  type AppliedMigration,
  LOG_TABLES,
  migrationDigest,
  REMEDY,
  requireCurrentVersion,
  versionOfApplied,
  withoutRecord,
} from "../applied-migrations.ts";
import { describeDifference } from "../database-schema.ts";
import { schemaMigrations } from "../log-tables.ts";
import type { Migration } from "../migration.ts";
import type { DatabaseReader } from "../registry-database.ts";
import { compareSchemas, type SchemaObject } from "../schema-objects.ts";
import { mapSqliteError } from "./sqlite-errors.ts";
import { readSqliteSchema } from "./sqlite-schema.ts";
import { SqliteSession } from "./sqlite-session.ts";
import { runTransaction } from "./sqlite-transaction.ts";

/** The record of migrations is no migration's work. */
const SCHEMA_MIGRATIONS = `
CREATE TABLE IF NOT EXISTS schema_migrations (
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  applied_at TEXT NOT NULL
) STRICT;
`;

export interface MigrateOptions {
  readonly path: string;
  readonly openSqlite: OpenSqlite;
  readonly clock: () => number;
  readonly busyTimeoutMs: number;
  readonly migrations: readonly Migration[];
}

/**
 * Brings the schema up to date, one migration a transaction; processes that come at the same time wait for one
 * another. A database that holds something already is copied first, to `<path>.bak-v<version>`.
 *
 * @param found the version that `readSchemaVersion` gave
 */
export async function migrateSqlite(
  session: SqliteSession,
  found: number,
  options: MigrateOptions,
): Promise<void> {
  const { path, busyTimeoutMs, migrations } = options;
  if (found === migrations.length) return;
  if (found > 0 && path !== ":memory:") await backUp(session, `${path}.bak-v${found}`);
  for (const migration of migrations.slice(found)) {
    try {
      await runTransaction(session, "write", busyTimeoutMs, () => apply(session, migration, options));
    } catch (error) {
      throw await explainFailure(session, migration, options, error);
    }
  }
}

async function apply(session: SqliteSession, migration: Migration, options: MigrateOptions): Promise<void> {
  // Another process may have been here between the look and the lock.
  if ((await readSchemaVersion(session, options.path, options.migrations)) >= migration.version) return;
  session.execute(SCHEMA_MIGRATIONS + migration.sql);
  await session.run(sql`
    INSERT INTO ${schemaMigrations} (version, name, digest, applied_at)
    VALUES (${migration.version}, ${migration.name}, ${migrationDigest(migration)},
      ${formatTimestamp(options.clock())})`);
}

/** A migration that fails on a schema which is not the one it is for says so; on the right one it is a defect. */
async function explainFailure(
  session: SqliteSession,
  migration: Migration,
  options: MigrateOptions,
  error: unknown,
): Promise<unknown> {
  if (!isArtifactstoreError(error, "internal")) return error;
  const before = { ...options, migrations: options.migrations.slice(0, migration.version - 1) };
  const [difference] = compareSchemas(await readSqliteSchema(session), await expectedSchema(before));
  if (difference === undefined) return error;
  const state = `its record of migrations ends with ${migration.version - 1}, and ${describeDifference(difference)}`;
  return new ArtifactstoreError(
    "database_corrupt",
    `Cannot migrate database "${options.path}": ${state}; ${REMEDY}`,
    { cause: error },
  );
}

/** What migrations make where there is nothing. */
export async function expectedSchema(options: MigrateOptions): Promise<SchemaObject[]> {
  const path = ":memory:";
  const session = new SqliteSession(options.openSqlite(path, { readOnly: false, create: true }));
  try {
    await migrateSqlite(session, 0, { ...options, path });
    return await readSqliteSchema(session);
  } finally {
    session.close();
  }
}

/** For readers, which change nothing. Throws `migration_needed` for an older schema. */
export async function checkSchemaVersion(
  reader: DatabaseReader,
  path: string,
  migrations: readonly Migration[],
): Promise<void> {
  requireCurrentVersion(await readSchemaVersion(reader, path, migrations), migrations, path);
}

/** 0 for an empty database. Throws `database_newer`, `database_corrupt` and `configuration` (not one of ours). */
export async function readSchemaVersion(
  reader: DatabaseReader,
  path: string,
  migrations: readonly Migration[],
): Promise<number> {
  const tables = await reader.get<{ total: number; record: number; logs: number }>(sql`
    SELECT count(*) AS total, coalesce(sum(name = 'schema_migrations'), 0) AS record,
      coalesce(sum(name IN ('events', 'log_head', 'log_tiles')), 0) AS logs
    FROM sqlite_schema WHERE type = 'table'`);
  if (tables === undefined || tables.total === 0) return 0;
  if (tables.record === 0) {
    if (tables.logs === LOG_TABLES) throw withoutRecord(path, "is missing");
    throw new ArtifactstoreError(
      "configuration",
      `Cannot open database "${path}": it belongs to another program`,
    );
  }
  const applied = await reader.all<AppliedMigration>(
    sql`SELECT version, digest FROM ${schemaMigrations} ORDER BY version`,
  );
  if (applied.length === 0 && tables.logs > 0) throw withoutRecord(path, "is empty");
  return versionOfApplied(applied, migrations, path);
}

/**
 * A whole, consistent copy of what is committed, made under a temporary name: a copy that was broken off must not
 * pass for a backup. One that is there already is kept; linking refuses to replace it, and whoever migrates has put
 * its copy in place before, so no copy of a later schema can take this name.
 */
async function backUp(session: SqliteSession, copy: string): Promise<void> {
  if (existsSync(copy)) return;
  const temporary = `${copy}.${randomUUID()}.tmp`;
  try {
    await session.run(sql`VACUUM INTO ${temporary}`);
    syncFile(temporary);
    linkSync(temporary, copy);
  } catch (error) {
    if (!existsSync(copy)) {
      throw mapSqliteError(error, `back up the database to "${copy}"`);
    }
  } finally {
    rmSync(temporary, { force: true });
  }
}

function syncFile(path: string): void {
  const descriptor = openSync(path, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
