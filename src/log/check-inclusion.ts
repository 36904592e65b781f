import { bytesToHex } from "@noble/hashes/utils.js";
import { sql } from "drizzle-orm/sql/sql";
import type { HashFunction } from "../core/digest.ts";
import { equalBytes } from "../core/equal-bytes.ts";
import { isArtifactstoreError } from "../core/errors.ts";
import { type LogRecordFields, logRecordLeafHash } from "../core/log-record.ts";
import { MERKLE_HASH_BYTES } from "../core/merkle.ts";
import type { MerkleFrontier } from "../core/merkle-frontier.ts";
import { events, LOG_TILE_LEAVES, type LogHeadRow } from "../db/log-tables.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import { readHeadRow } from "./check-log.ts";
import type { LogProblem, LogProblemKind } from "./log-checker.ts";
import { frontierOfTiles, fullTileRoot, readLogTile } from "./log-tiles.ts";
import { eventPages } from "./read-events.ts";

export interface InclusionCheck {
  /** The subject's events, by type. */
  readonly eventTypes: ReadonlyMap<string, number>;
  readonly problems: readonly LogProblem[];
}

type Report = (kind: LogProblemKind, sequence: number | undefined, message: string) => void;

/**
 * Proves one subject's events without reading the whole log: each payload has its digest; each record, and each other
 * record of the tiles that they lie in, has its leaf; the tiles together have the root that the head names; and the
 * log ends where the head says. So an event of the subject that was edited in any column, removed, or given to another
 * subject is found, in time that grows with the subject's events and with a 256th of the log's.
 *
 * Throws `log_damaged` if the log has no head.
 */
export async function checkInclusion(
  reader: DatabaseReader,
  subject: { readonly kind: string; readonly id: string },
  hashes: { readonly blake3: HashFunction; readonly sha256: HashFunction },
): Promise<InclusionCheck> {
  const problems: LogProblem[] = [];
  const report: Report = (kind, sequence, message) => problems.push({ kind, sequence, message });
  const head = await readHeadRow(reader);
  await checkExtent(reader, head, report);
  const eventTypes = new Map<string, number>();
  const tiles = new Set<number>();
  for await (const page of eventPages(reader, { subject })) {
    for (const { sequence, event_type: type, payload, payload_digest: digest } of page) {
      eventTypes.set(type, (eventTypes.get(type) ?? 0) + 1);
      tiles.add(tileOf(sequence));
      if (!equalBytes(hashes.blake3(payload), digest)) {
        report("payload_digest", sequence, `event ${sequence}: payload and its digest differ`);
      }
    }
  }
  for (const tile of tiles) await checkTile(reader, tile, head.sequence, hashes.sha256, report);
  await checkRoot(reader, head, hashes.sha256, report);
  return { eventTypes, problems };
}

function tileOf(sequence: number): number {
  return Math.floor((sequence - 1) / LOG_TILE_LEAVES);
}

/** As many events as the head says, the last of them where and when it says. */
async function checkExtent(reader: DatabaseReader, head: LogHeadRow, report: Report): Promise<void> {
  const last = await reader.get<{ sequence: number; created_at: string }>(
    sql`SELECT sequence, created_at FROM ${events} ORDER BY sequence DESC LIMIT 1`,
  );
  const total = (await reader.get<{ n: number }>(sql`SELECT count(*) AS n FROM ${events}`))?.n ?? 0;
  const end = last?.sequence ?? 0;
  if (end < head.sequence) {
    report("tail", end + 1, `the log ends with event ${end}, its head speaks of ${head.sequence}`);
  } else if (end > head.sequence) {
    report("head", head.sequence + 1, `the log ends with event ${end}, its head knows ${head.sequence}`);
  } else if ((last?.created_at ?? null) !== head.created_at) {
    report("head", undefined, `the head's time "${head.created_at}" is not the last event's`);
  }
  if (total !== end) report("gap", undefined, `${end - total} events before event ${end} are missing`);
}

async function checkTile(
  reader: DatabaseReader,
  tile: number,
  size: number,
  sha256: HashFunction,
  report: Report,
): Promise<void> {
  const first = tile * LOG_TILE_LEAVES + 1;
  const stored = await readLogTile(reader, tile);
  const rows = await reader.all<LogRecordFields>(sql`
    SELECT sequence, created_at, event_type, subject_kind, subject_id, actor, payload_digest FROM ${events}
    WHERE sequence >= ${first} AND sequence < ${first + LOG_TILE_LEAVES} ORDER BY sequence`);
  const known = new Map(rows.map((row) => [row.sequence, row]));
  for (let sequence = first; sequence < first + LOG_TILE_LEAVES && sequence <= size; sequence++) {
    const at = (sequence - first) * MERKLE_HASH_BYTES;
    const leaf = stored?.leaf_hashes.subarray(at, at + MERKLE_HASH_BYTES);
    const row = known.get(sequence);
    if (row === undefined) report("gap", sequence, `event ${sequence} is missing`);
    else if (leaf === undefined || !equalBytes(leaf, logRecordLeafHash(row, sha256))) {
      report("leaf", sequence, `event ${sequence}: its record and its leaf of the tree differ`);
    }
  }
  const root = stored === undefined ? undefined : fullTileRoot(stored.leaf_hashes, sha256);
  if (root !== undefined && !equalBytes(root, stored?.root_hash ?? new Uint8Array(0))) {
    report("tile", undefined, `tile ${tile} of the tree has other leaves than its root says`);
  }
}

async function checkRoot(
  reader: DatabaseReader,
  head: LogHeadRow,
  sha256: HashFunction,
  report: Report,
): Promise<void> {
  let frontier: MerkleFrontier;
  try {
    frontier = await frontierOfTiles(reader, head.sequence, sha256);
  } catch (error) {
    if (!isArtifactstoreError(error, "log_damaged")) throw error;
    report("tile", undefined, error.message);
    return;
  }
  const root = frontier.root();
  if (!equalBytes(root, head.root_hash)) {
    const found = bytesToHex(root);
    report("root", undefined, `the tree has root ${found}, the head has ${bytesToHex(head.root_hash)}`);
  }
  if (!equalBytes(frontier.serialize(), head.frontier)) {
    report("head", undefined, "the head's frontier is not that of the tree");
  }
}
