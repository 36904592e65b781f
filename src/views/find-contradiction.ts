import { sql } from "drizzle-orm/sql/sql";
import type { DatabaseReader } from "../db/registry-database.ts";
import type { ViewTables } from "../db/view-tables.ts";

/** An event that a replay cannot follow, because of what the events before it say. */
export interface Contradiction {
  readonly sequence: number;
  readonly message: string;
}

/** The first event of a replayed set whose rows cannot stand beside the others; `undefined` if all can. */
export async function findContradiction(
  reader: DatabaseReader,
  tables: ViewTables,
): Promise<Contradiction | undefined> {
  const { artifact_packages: packages, artifact_files: files } = tables;
  const { storage_locations: locations, retention_state: retention } = tables;
  const queries = [
    [
      "records a path that its package has already",
      sql`SELECT max(event_sequence) AS sequence FROM ${files} GROUP BY package_id, relative_path HAVING count(*) > 1`,
    ],
    [
      "is about a package that no event created",
      sql`SELECT event_sequence AS sequence FROM ${files} WHERE package_id NOT IN (SELECT id FROM ${packages})`,
    ],
    [
      "is about a package that no event created",
      sql`SELECT last_event_sequence AS sequence FROM ${retention} WHERE package_id NOT IN (SELECT id FROM ${packages})`,
    ],
    [
      "is about a file that no event recorded",
      sql`SELECT last_event_sequence AS sequence FROM ${locations} WHERE file_id NOT IN (SELECT id FROM ${files})`,
    ],
  ] as const;
  let first: Contradiction | undefined;
  for (const [what, query] of queries) {
    const row = await reader.get<{ sequence: number | null }>(
      sql`SELECT min(sequence) AS sequence FROM (${query}) AS found`,
    );
    if (row === undefined || row.sequence === null) continue;
    if (first === undefined || row.sequence < first.sequence)
      first = { sequence: row.sequence, message: `event ${row.sequence} ${what}` };
  }
  return first;
}
