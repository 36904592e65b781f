import { sql } from "drizzle-orm/sql/sql";
import type { DatabaseReader } from "./registry-database.ts";

/** Problems of the database's own structure that are listed. Count. */
const PROBLEMS_LISTED_MAX = 100;

/**
 * What the database finds wrong with its own structure: pages, records, and with `thorough` whether its indexes agree
 * with their tables too. Empty: nothing.
 *
 * SQLite: `quick_check` and `integrity_check` (https://sqlite.org/pragma.html), which answer the one row `ok` where
 * all is well. PostgreSQL checks pages as it reads them, if its cluster has checksums, and counts what it found; what a
 * broken-off command left behind (an index, a constraint) is marked as not valid. More is `pg_amcheck`'s part.
 */
export async function databaseProblems(
  reader: DatabaseReader,
  options: { readonly thorough: boolean },
): Promise<string[]> {
  if (reader.dialect.name === "postgres") return await postgresProblems(reader);
  const pragma = options.thorough ? "integrity_check" : "quick_check";
  const rows = await reader.all<Record<string, string>>(sql.raw(`PRAGMA ${pragma}(${PROBLEMS_LISTED_MAX})`));
  return rows.flatMap((row) => Object.values(row)).filter((text) => text !== "ok");
}

async function postgresProblems(reader: DatabaseReader): Promise<string[]> {
  const rows = await reader.all<{ problem: string }>(sql`
    SELECT 'pages that failed their checksum: ' || checksum_failures AS problem
    FROM pg_catalog.pg_stat_database WHERE datname = current_database() AND checksum_failures > 0
    UNION ALL
    SELECT 'index ' || c.relname || ' is not valid'
    FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    WHERE c.relnamespace = to_regnamespace(quote_ident(current_schema())) AND NOT (i.indisvalid AND i.indisready)
    UNION ALL
    SELECT 'constraint ' || conname || ' is not valid' FROM pg_catalog.pg_constraint
    WHERE connamespace = to_regnamespace(quote_ident(current_schema())) AND NOT convalidated
    LIMIT ${PROBLEMS_LISTED_MAX}`);
  return rows.map((row) => row.problem);
}

/** The version of the schema: that of the last migration applied. */
export async function schemaVersion(reader: DatabaseReader): Promise<number> {
  const row = await reader.get<{ version: number | null }>(
    sql`SELECT max(version) AS version FROM schema_migrations`,
  );
  return row?.version ?? 0;
}
