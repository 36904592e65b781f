import { sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../core/errors.ts";
import { LOG_TILE_LEAVES, type LogHeadRow, logHead } from "../db/log-tables.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import type { LogEvent } from "./event.ts";
import type { CheckedEvent, LogChecker } from "./log-checker.ts";
import { readLogTile } from "./log-tiles.ts";
import { eventPages } from "./read-events.ts";

/**
 * Reads the whole log of one snapshot through a checker, a page in memory at a time, and passes on the events whose
 * payloads can be read. What is wrong is in the checker once the last page has been taken.
 */
export async function* checkedEventPages(
  reader: DatabaseReader,
  checker: LogChecker,
): AsyncIterable<CheckedEvent[]> {
  let tile = -1;
  let leafHashes: Uint8Array | undefined;
  const check = async (event: LogEvent) => {
    const wanted = Math.floor((event.sequence - 1) / LOG_TILE_LEAVES);
    if (wanted !== tile) {
      leafHashes = await readLogTile(reader, wanted);
      tile = wanted;
    }
    return checker.check(event, leafHashes);
  };
  for await (const page of eventPages(reader)) {
    const checked: CheckedEvent[] = [];
    for (const event of page) {
      const readable = await check(event);
      if (readable !== undefined) checked.push(readable);
    }
    yield checked;
  }
  checker.finish(await readHeadRow(reader));
}

/** Only checks. */
export async function checkLog(reader: DatabaseReader, checker: LogChecker): Promise<void> {
  for await (const _ of checkedEventPages(reader, checker)) {
    // The checker keeps what it finds.
  }
}

async function readHeadRow(reader: DatabaseReader): Promise<LogHeadRow> {
  const head = await reader.get<LogHeadRow>(sql`SELECT * FROM ${logHead} WHERE singleton = 1`);
  if (head === undefined)
    throw new ArtifactstoreError("log_damaged", "Cannot check the event log: its head is missing");
  return head;
}
