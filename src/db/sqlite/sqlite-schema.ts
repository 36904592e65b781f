import { sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../../core/errors.ts";
import type { DatabaseSchema } from "../database-schema.ts";
import type { DatabaseReader } from "../registry-database.ts";
import { compareSchemas, REPLAY_TABLES, type SchemaObject } from "../schema-objects.ts";

/** All objects but SQLite's own (statistics, the indexes that a table's definition implies). */
export async function readSqliteSchema(reader: DatabaseReader): Promise<SchemaObject[]> {
  const objects = await reader.all<SchemaObject>(
    sql`SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE substr(name, 1, 7) <> 'sqlite_' ORDER BY name`,
  );
  return objects.filter(({ type, tbl_name: table }) => type === "trigger" || !REPLAY_TABLES.has(table));
}

/** @param expected the schema that the migrations make, made anew for each question: it is rarely asked */
export function sqliteDatabaseSchema(expected: () => Promise<readonly SchemaObject[]>): DatabaseSchema {
  return {
    async differences(reader) {
      return compareSchemas(await readSqliteSchema(reader), await expected());
    },
    async makeIndex(writer, name) {
      const index = (await expected()).find((object) => object.type === "index" && object.name === name);
      if (index?.sql == null) {
        throw new ArtifactstoreError("internal", `Cannot make index "${name}": no migration does`);
      }
      await writer.run(sql.raw(index.sql));
    },
  };
}
