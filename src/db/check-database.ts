import { sql } from "drizzle-orm/sql/sql";
import type { DatabaseReader } from "./registry-database.ts";

/** Problems of the database's own structure that are listed. Count. */
const PROBLEMS_LISTED_MAX = 100;

/**
 * What the database finds wrong with its own structure: pages, records, and with `thorough` whether its indexes agree
 * with their tables too. Empty: nothing.
 *
 * SQLite: `quick_check` and `integrity_check` (https://sqlite.org/pragma.html), which answer the one row `ok` where
 * all is well. PostgreSQL keeps checksums of its pages by itself.
 */
export async function databaseProblems(
  reader: DatabaseReader,
  options: { readonly thorough: boolean },
): Promise<string[]> {
  if (reader.dialect.name !== "sqlite") return [];
  const pragma = options.thorough ? "integrity_check" : "quick_check";
  const rows = await reader.all<Record<string, string>>(sql.raw(`PRAGMA ${pragma}(${PROBLEMS_LISTED_MAX})`));
  return rows.flatMap((row) => Object.values(row)).filter((text) => text !== "ok");
}

/** The version of the schema: that of the last migration applied. */
export async function schemaVersion(reader: DatabaseReader): Promise<number> {
  const row = await reader.get<{ version: number | null }>(
    sql`SELECT max(version) AS version FROM schema_migrations`,
  );
  return row?.version ?? 0;
}
