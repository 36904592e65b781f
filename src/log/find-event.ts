import { sql } from "drizzle-orm/sql/sql";
import { events } from "../db/log-tables.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import type { LogEvent } from "./event.ts";

/** The event of a type about a package; the latest, if there are several. */
export async function findPackageEvent(
  reader: DatabaseReader,
  packageId: string,
  type: string,
): Promise<LogEvent | undefined> {
  return await reader.get<LogEvent>(sql`
    SELECT sequence, created_at, event_type, subject_kind, subject_id, actor, payload, payload_digest
    FROM ${events} WHERE subject_id = ${packageId} AND subject_kind = 'package' AND event_type = ${type}
    ORDER BY sequence DESC LIMIT 1`);
}
