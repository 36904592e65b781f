import { bytesToHex } from "@noble/hashes/utils.js";
import { sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../core/errors.ts";
import { type LogHeadRow, logHead } from "../db/log-tables.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import { readRegistryId } from "./registry-id.ts";

/** What names the state of a log: whoever keeps it can tell later whether history was changed. */
export interface LogHead {
  /** `undefined` before the first package. */
  readonly registry_id: string | undefined;
  /** Of the last event, 0 if there is none. */
  readonly sequence: number;
  /** RFC 6962 root over all events' records, hex. */
  readonly root_hash: string;
  /** Of the last event. */
  readonly created_at: string | undefined;
}

/** Throws `log_damaged` if there is no head. */
export async function readLogHead(reader: DatabaseReader): Promise<LogHead> {
  const row = await reader.get<LogHeadRow>(sql`SELECT * FROM ${logHead} WHERE singleton = 1`);
  if (row === undefined)
    throw new ArtifactstoreError("log_damaged", "Cannot read the log's head: it is missing");
  return {
    registry_id: await readRegistryId(reader),
    sequence: row.sequence,
    root_hash: bytesToHex(row.root_hash),
    created_at: row.created_at ?? undefined,
  };
}
