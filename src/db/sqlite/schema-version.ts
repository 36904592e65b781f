import { existsSync, statSync } from "node:fs";
import { sql } from "drizzle-orm/sql/sql";
import type { OpenSqlite } from "../../core/sqlite-port.ts";
import { schemaMigrations } from "../log-tables.ts";
import { refuseDirectory } from "./refuse-directory.ts";
import { mapSqliteError } from "./sqlite-errors.ts";
import { SqliteSession } from "./sqlite-session.ts";

/**
 * The version of the schema in a file, 0 where there is none yet: for telling people what a migration did, before and
 * after. Judges nothing; whether the database is ours is for the migration to say.
 */
export async function sqliteSchemaVersion(path: string, openSqlite: OpenSqlite): Promise<number> {
  refuseDirectory(path);
  if (path === ":memory:" || !existsSync(path) || statSync(path).size === 0) return 0;
  let session: SqliteSession;
  try {
    session = new SqliteSession(openSqlite(path, { readOnly: true, create: false }));
  } catch (error) {
    throw mapSqliteError(error, `open database "${path}"`);
  }
  try {
    const table = await session.get<{ name: string }>(
      sql`SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'`,
    );
    if (table === undefined) return 0;
    const row = await session.get<{ version: number | null }>(
      sql`SELECT max(version) AS version FROM ${schemaMigrations}`,
    );
    return row?.version ?? 0;
  } finally {
    session.close();
  }
}
