import { bytesToHex } from "@noble/hashes/utils.js";
import { sql } from "drizzle-orm/sql/sql";
import { decodeCanonicalCbor } from "../core/canonical-cbor.ts";
import type { CborMap, CborValue } from "../core/cbor-value.ts";
import type { HashFunction } from "../core/digest.ts";
import { equalBytes } from "../core/equal-bytes.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { brokenEventRule } from "../core/event-rules.ts";
import { IMPORT_AHEAD_MAX_MS } from "../core/limits.ts";
import type { ExportedEvent, ExportedRegistry } from "../core/log-export.ts";
import { logRecordLeafHash } from "../core/log-record.ts";
import { MerkleFrontier } from "../core/merkle-frontier.ts";
import { isTimestamp, parseTimestamp } from "../core/timestamp.ts";
import { lockLog } from "../db/lock-log.ts";
import { events, logHead, registry } from "../db/log-tables.ts";
import type { ColumnValue, DatabaseWriter } from "../db/registry-database.ts";
import { damagedExport } from "./damaged-export.ts";
import { EVENT_COLUMNS } from "./event-columns.ts";
import type { CheckedEvent } from "./log-checker.ts";
import type { ReadTrailer } from "./log-export-reader.ts";
import { appendLogTiles } from "./log-tiles.ts";
import { nextTurn } from "./next-turn.ts";
import { readRegistryId } from "./registry-id.ts";

export interface LogIntakeParts {
  readonly writer: DatabaseWriter;
  /** What the export's header names. */
  readonly registry: ExportedRegistry | undefined;
  readonly blake3: HashFunction;
  readonly sha256: HashFunction;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/**
 * Takes a whole log from elsewhere into an empty registry, in one transaction: each event with the sequence and time
 * that it has, and only if it is what follows the one before. So a log that breaks is refused at the event where it
 * does, and nothing of it was ever there.
 */
export class LogIntake {
  readonly #parts: LogIntakeParts;
  readonly #frontier: MerkleFrontier;
  #lastCreatedAt: string | undefined;

  private constructor(parts: LogIntakeParts) {
    this.#parts = parts;
    this.#frontier = new MerkleFrontier(parts.sha256);
  }

  /** Takes the log's lock. Throws `registry_not_empty` unless the registry has neither events nor an id. */
  static async begin(parts: LogIntakeParts): Promise<LogIntake> {
    const { sequence } = await lockLog(parts.writer);
    const known = await readRegistryId(parts.writer);
    if (sequence > 0 || known !== undefined) {
      const state = sequence > 0 ? `it has ${sequence} events` : `it has the id "${known}" already`;
      throw new ArtifactstoreError("registry_not_empty", `Cannot import the log: ${state}`);
    }
    return new LogIntake(parts);
  }

  /** Of the last event taken in. */
  get sequence(): number {
    return this.#frontier.size;
  }

  /** Answers the events as replay would, decoded. Throws `log_export_damaged`. */
  async add(page: readonly ExportedEvent[]): Promise<CheckedEvent[]> {
    await nextTurn();
    const { writer, sha256 } = this.#parts;
    const first = this.#frontier.size + 1;
    const checked = page.map((event) => this.#check(event));
    const rows = checked.map((event): ColumnValue[] => EVENT_COLUMNS.map((column) => event[column]));
    await writer.insert(events, EVENT_COLUMNS, rows);
    await appendLogTiles(
      writer,
      first,
      page.map(({ leaf_hash }) => leaf_hash),
      sha256,
    );
    return checked;
  }

  /** Compares with the trailer what was taken in; then moves the head, and names the registry. */
  async finish(trailer: ReadTrailer): Promise<{ readonly rootHash: Uint8Array }> {
    const { writer } = this.#parts;
    const { size } = this.#frontier;
    const rootHash = this.#frontier.root();
    if (trailer.events !== size) {
      throw damagedExport(size + 1, `the trailer speaks of ${trailer.events} events, there are ${size}`);
    }
    if (!equalBytes(trailer.root_hash, rootHash)) {
      const found = `the events give root ${bytesToHex(rootHash)}`;
      throw damagedExport(size + 1, `${found}, the trailer has ${bytesToHex(trailer.root_hash)}`);
    }
    if (!equalBytes(trailer.digest, trailer.found_digest)) {
      const found = `the bytes have digest ${bytesToHex(trailer.found_digest)}`;
      throw damagedExport(size + 1, `${found}, the trailer has ${bytesToHex(trailer.digest)}`);
    }
    await writer.run(sql`
      UPDATE ${logHead} SET sequence = ${size}, created_at = ${this.#lastCreatedAt ?? null},
        root_hash = ${rootHash}, frontier = ${this.#frontier.serialize()}
      WHERE singleton = 1`);
    const own = this.#parts.registry;
    if (own !== undefined) {
      const row = [1, own.registry_id, own.created_at];
      await writer.insert(registry, ["singleton", "registry_id", "created_at"], [row]);
    }
    return { rootHash };
  }

  #check(event: ExportedEvent): CheckedEvent {
    const expected = this.#frontier.size + 1;
    const { sequence, created_at, event_type, payload } = event;
    if (sequence !== expected) throw damagedExport(expected, `event ${sequence} is in its place`);
    if (created_at !== this.#lastCreatedAt) {
      if (!isTimestamp(created_at)) throw damagedExport(sequence, `"${created_at}" is not a time`);
      if (this.#lastCreatedAt !== undefined && created_at < this.#lastCreatedAt) {
        throw damagedExport(sequence, "its time is before that of the event before");
      }
      // Times never go back: everything that is recorded later would have that time, too.
      if (parseTimestamp(created_at) > this.#parts.clock() + IMPORT_AHEAD_MAX_MS) {
        throw damagedExport(sequence, `its time "${created_at}" is more than a day ahead of the clock here`);
      }
      this.#lastCreatedAt = created_at;
    }
    const record = { ...event, payload_digest: this.#parts.blake3(payload) };
    const leafHash = logRecordLeafHash(record, this.#parts.sha256);
    if (!equalBytes(leafHash, event.leaf_hash)) {
      throw damagedExport(sequence, "the event and its leaf of the tree differ");
    }
    this.#frontier.append(leafHash);
    if (event_type === "v1.package.created") this.#checkRegistry(sequence, created_at);
    const value = decodePayload(sequence, payload);
    const rule = brokenEventRule(event, value);
    if (rule !== undefined) throw damagedExport(sequence, rule);
    return { ...record, value };
  }

  /** As `doctor` does: the id is made with the first package, or before it. */
  #checkRegistry(sequence: number, createdAt: string): void {
    const { registry: own } = this.#parts;
    if (own === undefined) throw damagedExport(sequence, "there is a package, and the registry has no id");
    if (own.created_at > createdAt)
      throw damagedExport(sequence, "the registry's id is younger than a package");
  }
}

function decodePayload(sequence: number, payload: Uint8Array): CborMap {
  let value: CborValue;
  try {
    value = decodeCanonicalCbor(payload);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw damagedExport(sequence, `its payload is not canonical: ${detail}`, cause);
  }
  if (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  ) {
    return value as CborMap;
  }
  throw damagedExport(sequence, "its payload is not a map");
}
