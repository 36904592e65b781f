import { getTableConfig } from "drizzle-orm/sqlite-core/utils";
import type { OpenSqlite } from "../../core/sqlite-port.ts";
import type { RegistryDatabase } from "../registry-database.ts";
import { VIEW_KEYS, VIEW_NAMES, views } from "../view-tables.ts";
import { SqliteRegistryDatabase } from "./sqlite-registry-database.ts";
import { SqliteSession } from "./sqlite-session.ts";

/** Pages kept in memory before they go to a temporary file. KiB. */
const CACHE_KIB = 48 * 1024;

/**
 * A database of its own with an empty set of views, for replay beside a registry that may not be written. Its tables
 * are temporary ones: what does not fit into the cache goes to a file that has no name and is gone with the process.
 */
export function openScratchDatabase(openSqlite: OpenSqlite): RegistryDatabase {
  const session = new SqliteSession(openSqlite(":memory:", { readOnly: false, create: true }));
  session.control("PRAGMA temp_store = FILE");
  session.control(`PRAGMA temp.cache_size = -${CACHE_KIB}`);
  session.control("PRAGMA temp.journal_mode = OFF");
  session.control("PRAGMA temp.synchronous = OFF");
  for (const name of VIEW_NAMES) {
    const columns = getTableConfig(views[name]).columns.map(
      (column) => `"${column.name}" ${column.getSQLType().toUpperCase()}`,
    );
    const key = VIEW_KEYS[name].map((column) => `"${column}"`).join(", ");
    session.execute(`CREATE TEMP TABLE "${name}" (${columns.join(", ")}, PRIMARY KEY (${key})) STRICT`);
  }
  return new SqliteRegistryDatabase({ writer: session, openReader: undefined });
}
