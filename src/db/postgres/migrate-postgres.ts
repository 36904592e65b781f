import { sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../../core/errors.ts";
import { formatTimestamp } from "../../core/timestamp.ts";
import {
  type AppliedMigration,
  LOG_TABLES,
  migrationDigest,
  versionOfApplied,
  withoutRecord,
} from "../applied-migrations.ts";
import { schemaMigrations } from "../log-tables.ts";
import type { Migration } from "../migration.ts";
import type { DatabaseReader } from "../registry-database.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { isNotPermitted, mapPostgresError } from "./postgres-errors.ts";
import { runBegun } from "./postgres-transaction.ts";

/** The record of migrations is no migration's work. */
export const SCHEMA_MIGRATIONS = `
CREATE TABLE IF NOT EXISTS schema_migrations (
  version BIGINT PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C" NOT NULL,
  applied_at TEXT COLLATE "C" NOT NULL
);
`;

/** Whoever migrates a database of this server waits for whoever else does; a number that nobody else is likely to use. */
const LOCK = "7310026198402359857";

const BEGIN_MIGRATING = `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0;
  SELECT pg_advisory_xact_lock(${LOCK})`;

export interface PostgresMigrateOptions {
  /** For messages: host and name. */
  readonly place: string;
  readonly clock: () => number;
  readonly migrations: readonly Migration[];
}

/**
 * Brings the schema up to date, one migration a transaction; processes that come at the same time wait for one
 * another. Makes no copy of the database first: that is `pg_dump`'s part (`docs/OPERATOR.md`).
 */
export async function migratePostgres(
  connection: PostgresConnection,
  found: number,
  options: PostgresMigrateOptions,
): Promise<void> {
  const { place, migrations } = options;
  for (const migration of migrations.slice(found)) {
    try {
      await connection.script(BEGIN_MIGRATING);
      await runBegun(connection, "write", async (session) => {
        // Another process may have been here between the look and the lock.
        if ((await readPostgresVersion(session, place, migrations)) >= migration.version) return;
        await connection.script(SCHEMA_MIGRATIONS + migration.sql);
        await session.run(sql`
          INSERT INTO ${schemaMigrations} (version, name, digest, applied_at)
          VALUES (${migration.version}, ${migration.name}, ${migrationDigest(migration)},
            ${formatTimestamp(options.clock())})`);
      });
    } catch (error) {
      throw migrationFailure(error, found, options);
    }
  }
}

/**
 * 0 for an empty schema. Throws `database_newer`, `database_corrupt` and `configuration` (not one of ours, no schema
 * at all, a database that is not in UTF-8).
 */
export async function readPostgresVersion(
  reader: DatabaseReader,
  place: string,
  migrations: readonly Migration[],
): Promise<number> {
  const found = await reader.get<FoundSchema>(sql`
    SELECT current_schema()::TEXT AS name, current_setting('search_path') AS path,
      current_setting('server_encoding') AS encoding, count(*) AS total,
      count(*) FILTER (WHERE relname = 'schema_migrations') AS record,
      count(*) FILTER (WHERE relname IN ('events', 'log_head', 'log_tiles')) AS logs
    FROM pg_catalog.pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace = to_regnamespace(quote_ident(current_schema()))`);
  if (found === undefined) return 0;
  const problem = unusable(found);
  if (problem !== undefined) {
    throw new ArtifactstoreError("configuration", `Cannot open database "${place}": ${problem}`);
  }
  if (found.total === 0) return 0;
  if (found.record === 0) throw withoutRecord(place, "is missing");
  const applied = await reader.all<AppliedMigration>(
    sql`SELECT version, digest FROM ${schemaMigrations} ORDER BY version`,
  );
  if (applied.length === 0 && found.logs > 0) throw withoutRecord(place, "is empty");
  return versionOfApplied(applied, migrations, place);
}

interface FoundSchema {
  /** The first of the search path that exists and that this role may use. */
  readonly name: string | null;
  readonly path: string;
  readonly encoding: string;
  /** Tables. Count. */
  readonly total: number;
  readonly record: number;
  readonly logs: number;
}

function unusable({ name, path, encoding, total, record, logs }: FoundSchema): string | undefined {
  // Another encoding cannot hold every text, or does not know one text from another.
  if (encoding !== "UTF8") return `its encoding is "${encoding}" and must be "UTF8"`;
  if (name === null) return `no schema of its search path (${path}) is there and open to this role (USAGE)`;
  return total > 0 && record === 0 && logs < LOG_TABLES ? "its schema belongs to another program" : undefined;
}

/** A role that may write rows but not change the schema needs its owner's help. */
function migrationFailure(error: unknown, found: number, options: PostgresMigrateOptions): unknown {
  const cause = error instanceof ArtifactstoreError ? error.cause : error;
  if (!isNotPermitted(cause)) return mapPostgresError(error, `migrate database "${options.place}"`, "write");
  return new ArtifactstoreError(
    "migration_needed",
    `Cannot open database "${options.place}": its schema is version ${found}, this program's is ${options.migrations.length}, and this role may not change it; run "artifactstore migrate" as its owner`,
    { cause: error },
  );
}
