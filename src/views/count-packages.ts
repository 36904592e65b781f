import { sql } from "drizzle-orm/sql/sql";
import type { DatabaseReader } from "../db/registry-database.ts";
import { views } from "../db/view-tables.ts";

/** How many packages are in each state; states that none is in are left out. */
export async function countPackages(reader: DatabaseReader): Promise<ReadonlyMap<string, number>> {
  const rows = await reader.all<{ status: string; total: number }>(sql`
    SELECT status, count(*) AS total FROM ${views.artifact_packages} GROUP BY status ORDER BY status`);
  return new Map(rows.map(({ status, total }) => [status, total]));
}
