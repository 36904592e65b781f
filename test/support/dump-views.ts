import { sql } from "drizzle-orm/sql/sql";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import { VIEW_KEYS, VIEW_NAMES, type ViewName, views } from "../../src/db/view-tables.ts";

/** Every row of every view, in the order of its key. */
export async function dumpViews(
  database: RegistryDatabase,
): Promise<ReadonlyMap<ViewName, readonly object[]>> {
  return await database.read(async (reader) => {
    const tables = new Map<ViewName, readonly object[]>();
    for (const name of VIEW_NAMES) {
      const key = sql.raw(VIEW_KEYS[name].join(", "));
      const rows = await reader.all<object>(sql`SELECT * FROM ${views[name]} ORDER BY ${key}`);
      tables.set(
        name,
        rows.map((row) => ({ ...row })),
      );
    }
    return tables;
  });
}
