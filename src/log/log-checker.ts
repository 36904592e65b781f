import { bytesToHex } from "@noble/hashes/utils.js";
import { decodeCanonicalCbor } from "../core/canonical-cbor.ts";
import type { CborMap, CborValue } from "../core/cbor-value.ts";
import type { HashFunction } from "../core/digest.ts";
import { equalBytes } from "../core/equal-bytes.ts";
import { brokenEventRule } from "../core/event-rules.ts";
import { logRecordLeafHash } from "../core/log-record.ts";
import { MERKLE_HASH_BYTES } from "../core/merkle.ts";
import { MerkleFrontier } from "../core/merkle-frontier.ts";
import { isTimestamp } from "../core/timestamp.ts";
import { LOG_TILE_LEAVES, type LogHeadRow, type LogTileRow } from "../db/log-tables.ts";
import type { LogEvent } from "./event.ts";
import { fullTileRoot } from "./log-tiles.ts";

export type LogProblemKind =
  | "gap"
  | "time"
  | "payload_digest"
  | "payload_form"
  | "rule"
  | "contradiction"
  | "leaf"
  | "tile"
  | "tail"
  | "root"
  | "head";

export interface LogProblem {
  /** The event that is wrong, or the first that is missing; `undefined` where the tree cannot say. */
  readonly sequence: number | undefined;
  readonly kind: LogProblemKind;
  readonly message: string;
}

/** An event whose payload could be read. */
export interface CheckedEvent extends LogEvent {
  readonly value: CborMap;
  /** RFC 6962 leaf hash of its record, 32 bytes. */
  readonly leaf_hash: Uint8Array;
}

/** Problems kept; all are counted. Count. */
const PROBLEMS_LISTED_MAX = 100;

/**
 * Checks a log event by event, in order of sequence, holding one tile and the frontier: no gap, times that never go
 * back, payloads that are canonical, have their digest and are as their type has them, records that have their leaf,
 * and at the end a tree that has the head's root.
 *
 * What can be told from inside: whoever can write the database can write a whole new log with its tree. Only a head
 * that was kept elsewhere tells that.
 */
export class LogChecker {
  readonly problems: LogProblem[] = [];
  readonly #blake3: HashFunction;
  readonly #sha256: HashFunction;
  readonly #frontier: MerkleFrontier;
  #problemCount = 0;
  #contradictions = 0;
  #events = 0;
  #lastSequence = 0;
  #lastTile = -1;
  #lastCreatedAt = "";

  constructor(hashes: { readonly blake3: HashFunction; readonly sha256: HashFunction }) {
    this.#blake3 = hashes.blake3;
    this.#sha256 = hashes.sha256;
    this.#frontier = new MerkleFrontier(hashes.sha256);
  }

  get problemCount(): number {
    return this.#problemCount;
  }

  get events(): number {
    return this.#events;
  }

  /** Of the last event seen. */
  get lastSequence(): number {
    return this.#lastSequence;
  }

  /**
   * @param tile the leaf hashes that are stored for this event's tile
   * @returns the event with its payload decoded, unless that cannot be read or is not as its type has it
   */
  check(event: LogEvent, tile: Uint8Array | undefined): CheckedEvent | undefined {
    const before = this.#problemCount;
    this.#checkSequence(event.sequence);
    this.#checkTime(event);
    if (!equalBytes(this.#blake3(event.payload), event.payload_digest)) {
      this.#report(
        event.sequence,
        "payload_digest",
        `event ${event.sequence}: payload and its digest differ`,
      );
    }
    const leafHash = logRecordLeafHash(event, this.#sha256);
    const at = ((event.sequence - 1) % LOG_TILE_LEAVES) * MERKLE_HASH_BYTES;
    const stored = tile?.subarray(at, at + MERKLE_HASH_BYTES);
    if (stored === undefined || !equalBytes(stored, leafHash)) {
      this.#report(
        event.sequence,
        "leaf",
        `event ${event.sequence}: its record and its leaf of the tree differ`,
      );
    }
    this.#frontier.append(leafHash);
    this.#events += 1;
    const value = this.#decode(event);
    if (value === undefined) return undefined;
    const rule = brokenEventRule(event, value);
    if (rule === undefined) return { ...event, value, leaf_hash: leafHash };
    // What was edited has been reported; that it breaks rules now is no news.
    if (this.#problemCount === before)
      this.#report(event.sequence, "rule", `event ${event.sequence}: ${rule}`);
    return undefined;
  }

  /**
   * Takes note of an event that contradicts those before it; the one who replays them knows. Left out once events
   * themselves were wrong: what follows them contradicts what is not there.
   */
  contradiction(sequence: number, message: string): void {
    if (this.#problemCount > this.#contradictions) return;
    this.#contradictions += 1;
    this.#report(sequence, "contradiction", `event ${sequence} ${message}`);
  }

  /** Whether a full tile has the root of its leaves; the leaves are compared with the events by `check`. */
  checkTile({ tile, root_hash, leaf_hashes }: LogTileRow): void {
    if (tile <= this.#lastTile) return;
    this.#lastTile = tile;
    const root = fullTileRoot(leaf_hashes, this.#sha256);
    const right = root === undefined ? root_hash === null : equalBytes(root, root_hash ?? new Uint8Array(0));
    if (!right)
      this.#report(undefined, "tile", `tile ${tile} of the tree has other leaves than its root says`);
  }

  /** After the last event. */
  finish(head: LogHeadRow): void {
    if (head.sequence > this.#lastSequence) {
      const first = this.#lastSequence + 1;
      this.#report(
        first,
        "tail",
        `${range(first, head.sequence)} missing: the head speaks of ${head.sequence}`,
      );
    } else if (head.sequence < this.#lastSequence) {
      const first = head.sequence + 1;
      this.#report(first, "head", `${range(first, this.#lastSequence)} unknown to the head`);
    }
    if (
      head.sequence > 0 &&
      head.created_at !== this.#lastCreatedAt &&
      head.sequence === this.#lastSequence
    ) {
      this.#report(undefined, "head", `the head's time "${head.created_at}" is not the last event's`);
    }
    if (!equalBytes(this.#frontier.root(), head.root_hash)) {
      const root = bytesToHex(this.#frontier.root());
      this.#report(
        undefined,
        "root",
        `the events give root ${root}, the head has ${bytesToHex(head.root_hash)}`,
      );
    }
    if (head.sequence === this.#lastSequence && !equalBytes(this.#frontier.serialize(), head.frontier)) {
      this.#report(undefined, "head", "the head's frontier is not that of the events");
    }
  }

  #checkSequence(sequence: number): void {
    const expected = this.#lastSequence + 1;
    if (sequence !== expected) {
      this.#report(expected, "gap", `${range(expected, sequence - 1)} missing`);
    }
    this.#lastSequence = sequence;
  }

  #checkTime({ sequence, created_at }: LogEvent): void {
    // Events of one transaction share their time: it is looked at once.
    if (created_at === this.#lastCreatedAt) return;
    if (!isTimestamp(created_at)) {
      this.#report(sequence, "time", `event ${sequence}: "${created_at}" is not a time`);
    } else if (created_at < this.#lastCreatedAt) {
      this.#report(sequence, "time", `event ${sequence}: its time is before that of the event before`);
    }
    this.#lastCreatedAt = created_at;
  }

  #decode(event: LogEvent): CborMap | undefined {
    try {
      const value = decodeCanonicalCbor(event.payload);
      if (isMap(value)) return value;
      this.#report(event.sequence, "payload_form", `event ${event.sequence}: payload is not a map`);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#report(
        event.sequence,
        "payload_form",
        `event ${event.sequence}: payload is not canonical: ${detail}`,
      );
    }
    return undefined;
  }

  #report(sequence: number | undefined, kind: LogProblemKind, message: string): void {
    this.#problemCount += 1;
    if (this.problems.length < PROBLEMS_LISTED_MAX) this.problems.push({ sequence, kind, message });
  }
}

function isMap(value: CborValue): value is CborMap {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

function range(first: number, last: number): string {
  return first === last ? `event ${first} is` : `events ${first} to ${last} are`;
}
