import { sql } from "drizzle-orm/sql/sql";
import type { DatabaseReader } from "../db/registry-database.ts";
import { type HoldRow, type RetentionRow, views } from "../db/view-tables.ts";

export async function retentionOfPackage(
  reader: DatabaseReader,
  packageId: string,
): Promise<RetentionRow | undefined> {
  return await reader.get<RetentionRow>(
    sql`SELECT * FROM ${views.retention_state} WHERE package_id = ${packageId}`,
  );
}

/** Holds of a package, released ones too, in the order in which they were applied. */
export async function holdsOfPackage(reader: DatabaseReader, packageId: string): Promise<HoldRow[]> {
  return await reader.all<HoldRow>(
    sql`SELECT * FROM ${views.retention_holds} WHERE package_id = ${packageId} ORDER BY applied_at, id`,
  );
}
