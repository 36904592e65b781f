import { getTableConfig } from "drizzle-orm/sqlite-core/utils";
import { createViewTables, VIEW_KEYS, VIEW_NAMES } from "../view-tables.ts";
import type { SqliteSession } from "./sqlite-session.ts";

/** Pages of temporary tables kept in memory before they go to a file; they are filled and read in order. KiB. */
const CACHE_KIB = 16 * 1024;

/**
 * Makes an empty set of views out of temporary tables: they belong to the connection, may be written even if the
 * database may not, and what does not fit into the cache goes to a file without a name. Called outside a transaction.
 */
export function createScratchViews(session: SqliteSession, prefix: string): void {
  session.control("PRAGMA temp_store = FILE");
  session.control(`PRAGMA temp.cache_size = -${CACHE_KIB}`);
  session.control("PRAGMA temp.journal_mode = OFF");
  session.control("PRAGMA temp.synchronous = OFF");
  const tables = createViewTables(prefix);
  for (const name of VIEW_NAMES) {
    const { name: tableName, columns } = getTableConfig(tables[name]);
    const list = columns.map((column) => `"${column.name}" ${column.getSQLType().toUpperCase()}`).join(", ");
    const key = VIEW_KEYS[name].map((column) => `"${column}"`).join(", ");
    session.execute(`CREATE TEMP TABLE "${tableName}" (${list}, PRIMARY KEY (${key})) STRICT, WITHOUT ROWID`);
  }
}

export function dropScratchViews(session: SqliteSession, prefix: string): void {
  const tables = createViewTables(prefix);
  for (const name of VIEW_NAMES) {
    session.execute(`DROP TABLE IF EXISTS temp."${getTableConfig(tables[name]).name}"`);
  }
}
