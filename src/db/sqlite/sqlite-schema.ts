import { sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../../core/errors.ts";
import type { DatabaseSchema, SchemaDifference } from "../database-schema.ts";
import type { DatabaseReader } from "../registry-database.ts";
import { VIEW_NAMES } from "../view-tables.ts";

/** A row of `sqlite_schema` (https://sqlite.org/schematab.html), with the statement that made it. */
export interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string | null;
}

/** What a replay makes beside the views; one that was killed leaves it, and the next one clears it away. */
const REPLAY_TABLES = new Set(["replay_run", ...VIEW_NAMES.map((name) => `replay_${name}`)]);

/** All objects but SQLite's own (statistics, the indexes that a table's definition implies). */
export async function readSqliteSchema(reader: DatabaseReader): Promise<SchemaObject[]> {
  const objects = await reader.all<SchemaObject>(
    sql`SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE substr(name, 1, 7) <> 'sqlite_' ORDER BY name`,
  );
  return objects.filter(({ type, tbl_name: table }) => type === "trigger" || !REPLAY_TABLES.has(table));
}

/** How one schema differs from another, in order of name. */
export function compareSchemas(
  found: readonly SchemaObject[],
  expected: readonly SchemaObject[],
): SchemaDifference[] {
  const left = new Map(found.map((object) => [object.name, object]));
  const differences: SchemaDifference[] = [];
  for (const { type, name, tbl_name: table, sql: text } of expected) {
    const object = left.get(name);
    left.delete(name);
    if (object === undefined) differences.push({ kind: "missing", type, name });
    else if (object.type !== type || object.tbl_name !== table || object.sql !== text)
      differences.push({ kind: "differs", type, name });
  }
  for (const { type, name } of left.values()) differences.push({ kind: "unexpected", type, name });
  return differences.toSorted((a, b) => (a.name < b.name ? -1 : 1));
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
