import { sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../core/errors.ts";
import { type LogHeadRow, logHead } from "./log-tables.ts";
import type { DatabaseWriter } from "./registry-database.ts";

/**
 * Takes the one row that all who append to the log, and all who take leases, follow one another by; it is theirs
 * until the transaction ends. Answers the head as it is now.
 */
export async function lockLog(writer: DatabaseWriter): Promise<LogHeadRow> {
  const head = await writer.get<LogHeadRow>(
    sql`SELECT * FROM ${logHead} WHERE ${logHead.singleton} = 1 ${writer.dialect.forUpdate}`,
  );
  if (head === undefined) {
    throw new ArtifactstoreError("log_damaged", "Cannot lock the event log: its head is missing");
  }
  return head;
}
