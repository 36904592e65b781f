import { sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../core/errors.ts";
import { LOG_TILE_LEAVES, type LogHeadRow, logHead } from "../db/log-tables.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import type { LogEvent } from "./event.ts";
import type { CheckedEvent, LogChecker } from "./log-checker.ts";
import { readLogTile } from "./log-tiles.ts";
import { nextTurn } from "./next-turn.ts";
import { readEvents } from "./read-events.ts";

/**
 * Reads the whole log of one snapshot through a checker, a page in memory at a time, and passes on the events whose
 * payloads can be read. What is wrong is in the checker once the last page has been taken.
 */
export async function* checkedEventPages(
  reader: DatabaseReader,
  checker: LogChecker,
): AsyncIterable<CheckedEvent[]> {
  while (true) {
    const page = await readEvents(reader, { since: checker.lastSequence });
    if (page.length === 0) break;
    yield await checkPage(reader, checker, page);
  }
  checker.finish(await readHeadRow(reader));
}

/** Only checks. */
export async function checkLog(reader: DatabaseReader, checker: LogChecker): Promise<void> {
  for await (const _ of checkedEventPages(reader, checker)) {
    // The checker keeps what it finds.
  }
}

/**
 * Pages for a replay that writes: each call reads on from where the last one ended, and the call that finds nothing
 * more compares the head. Throws `log_damaged` at the first problem: views are not rebuilt from a log that is wrong.
 */
export function replayPages(checker: LogChecker): (reader: DatabaseReader) => Promise<CheckedEvent[]> {
  return async (reader) => {
    const page = await readEvents(reader, { since: checker.lastSequence });
    const checked = await checkPage(reader, checker, page);
    if (page.length === 0) checker.finish(await readHeadRow(reader));
    refuseProblems(checker, "replay");
    return checked;
  };
}

/** Throws `log_damaged` for the first problem that the checker has found. */
export function refuseProblems({ problems: [first] }: LogChecker, action: string): void {
  if (first === undefined) return;
  throw new ArtifactstoreError("log_damaged", `Cannot ${action} the event log: ${first.message}`);
}

/** The events of a page that can be read; what is wrong with the others is in the checker. */
export async function checkPage(
  reader: DatabaseReader,
  checker: LogChecker,
  page: readonly LogEvent[],
): Promise<CheckedEvent[]> {
  await nextTurn();
  const checked: CheckedEvent[] = [];
  let tile = -1;
  let leafHashes: Uint8Array | undefined;
  for (const event of page) {
    const wanted = Math.floor((event.sequence - 1) / LOG_TILE_LEAVES);
    if (wanted !== tile) {
      const row = await readLogTile(reader, wanted);
      if (row !== undefined) checker.checkTile(row);
      leafHashes = row?.leaf_hashes;
      tile = wanted;
    }
    const readable = checker.check(event, leafHashes);
    if (readable !== undefined) checked.push(readable);
  }
  return checked;
}

/** Throws `log_damaged` if there is none. */
export async function readHeadRow(reader: DatabaseReader): Promise<LogHeadRow> {
  const head = await reader.get<LogHeadRow>(sql`SELECT * FROM ${logHead} WHERE singleton = 1`);
  if (head === undefined) {
    throw new ArtifactstoreError("log_damaged", "Cannot check the event log: its head is missing");
  }
  return head;
}
