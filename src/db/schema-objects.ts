import type { SchemaDifference } from "./database-schema.ts";
import { VIEW_NAMES } from "./view-tables.ts";

/** One thing in a database's schema, in the columns of SQLite's `sqlite_schema` (https://sqlite.org/schematab.html). */
export interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  /** Its definition, in one spelling. */
  readonly sql: string | null;
}

/** What a replay makes beside the views; one that was killed leaves it, and the next one clears it away. */
export const REPLAY_TABLES: ReadonlySet<string> = new Set([
  "replay_run",
  ...VIEW_NAMES.map((name) => `replay_${name}`),
]);

/** How one schema differs from another, in order of name. */
export function compareSchemas(
  found: readonly SchemaObject[],
  expected: readonly SchemaObject[],
): SchemaDifference[] {
  const key = ({ type, name }: SchemaObject) => `${name} ${type}`;
  const left = new Map(found.map((object) => [key(object), object]));
  const differences: SchemaDifference[] = [];
  for (const wanted of expected) {
    const { type, name } = wanted;
    const object = left.get(key(wanted));
    left.delete(key(wanted));
    if (object === undefined) differences.push({ kind: "missing", type, name });
    else if (object.tbl_name !== wanted.tbl_name || object.sql !== wanted.sql)
      differences.push({ kind: "differs", type, name });
  }
  for (const { type, name } of left.values()) differences.push({ kind: "unexpected", type, name });
  return differences.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
