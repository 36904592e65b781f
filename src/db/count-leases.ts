import { sql } from "drizzle-orm/sql/sql";
import { formatTimestamp } from "../core/timestamp.ts";
import { leases } from "./log-tables.ts";
import type { DatabaseReader } from "./registry-database.ts";

/** Batches of blobs that are leased now, by kind, and those whose holder died. */
export interface LeaseCounts {
  readonly use: number;
  readonly delete: number;
  /** Of either kind, past their expiry: whoever next asks for a lease removes them. */
  readonly expired: number;
}

/** @param now milliseconds since 1970 */
export async function countLeases(reader: DatabaseReader, now: number): Promise<LeaseCounts> {
  const time = formatTimestamp(now);
  const row = await reader.get<{ use_count: number; delete_count: number; expired_count: number }>(sql`
    SELECT coalesce(sum(CASE WHEN expires_at > ${time} AND mode = 'use' THEN 1 ELSE 0 END), 0) AS use_count,
      coalesce(sum(CASE WHEN expires_at > ${time} AND mode = 'delete' THEN 1 ELSE 0 END), 0) AS delete_count,
      coalesce(sum(CASE WHEN expires_at <= ${time} THEN 1 ELSE 0 END), 0) AS expired_count
    FROM ${leases}`);
  return { use: row?.use_count ?? 0, delete: row?.delete_count ?? 0, expired: row?.expired_count ?? 0 };
}
