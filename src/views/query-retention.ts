import { sql } from "drizzle-orm/sql/sql";
import type { DatabaseReader } from "../db/registry-database.ts";
import { type RetentionRow, views } from "../db/view-tables.ts";

export async function retentionOfPackage(
  reader: DatabaseReader,
  packageId: string,
): Promise<RetentionRow | undefined> {
  return await reader.get<RetentionRow>(
    sql`SELECT * FROM ${views.retention_state} WHERE package_id = ${packageId}`,
  );
}
