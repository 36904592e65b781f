import { sql } from "drizzle-orm/sql/sql";
import { encodeCanonicalCbor } from "../core/canonical-cbor.ts";
import type { HashFunction } from "../core/digest.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { logRecordLeafHash } from "../core/log-record.ts";
import type { MerkleFrontier } from "../core/merkle-frontier.ts";
import { events, logHead } from "../db/log-tables.ts";
import type { ColumnValue, DatabaseWriter } from "../db/registry-database.ts";
import type { AppendedEvent, EventDraft } from "./event.ts";
import { EVENT_COLUMNS } from "./event-columns.ts";
import { appendLogTiles } from "./log-tiles.ts";

export interface LogAppendParts {
  readonly writer: DatabaseWriter;
  readonly actor: string;
  readonly createdAt: string;
  /** The tree as it is; its size is the last event's sequence. Owned by the `LogAppend` from here on. */
  readonly frontier: MerkleFrontier;
  readonly blake3: HashFunction;
  readonly sha256: HashFunction;
}

/** Events being added in one transaction, all with one time and one actor. */
export class LogAppend {
  /** The `created_at` of every event of this transaction. */
  readonly createdAt: string;
  readonly #parts: LogAppendParts;
  readonly #firstSequence: number;
  readonly #leafHashes: Uint8Array[] = [];
  #finished = false;

  constructor(parts: LogAppendParts) {
    this.createdAt = parts.createdAt;
    this.#parts = parts;
    this.#firstSequence = parts.frontier.size + 1;
  }

  /** The sequence of the last event, 0 if there is none. */
  get sequence(): number {
    return this.#parts.frontier.size;
  }

  /** May be called several times; the events follow one another in the order given. */
  async append(drafts: readonly EventDraft[]): Promise<AppendedEvent[]> {
    if (this.#finished)
      throw new ArtifactstoreError("internal", "Cannot append an event: the append is finished");
    const appended = drafts.map((draft) => this.#place(draft));
    const rows = appended.map((event): ColumnValue[] => EVENT_COLUMNS.map((column) => event[column]));
    await this.#parts.writer.insert(events, EVENT_COLUMNS, rows);
    return appended;
  }

  /** Writes leaves and head, once: without it the transaction leaves a log that contradicts its tree. */
  async finish(): Promise<{ readonly sequence: number; readonly rootHash: Uint8Array }> {
    const { writer, frontier } = this.#parts;
    this.#finished = true;
    const rootHash = frontier.root();
    if (this.#leafHashes.length > 0) {
      await appendLogTiles(writer, this.#firstSequence, this.#leafHashes, this.#parts.sha256);
      await writer.run(sql`
        UPDATE ${logHead} SET sequence = ${frontier.size}, created_at = ${this.createdAt},
          root_hash = ${rootHash}, frontier = ${frontier.serialize()}
        WHERE singleton = 1`);
    }
    return { sequence: frontier.size, rootHash };
  }

  #place(draft: EventDraft): AppendedEvent {
    const { frontier, blake3, sha256 } = this.#parts;
    const payload = draft.payload_bytes ?? encodeCanonicalCbor(draft.payload);
    const event: AppendedEvent = {
      sequence: frontier.size + 1,
      created_at: this.createdAt,
      event_type: draft.event_type,
      subject_kind: draft.subject_kind,
      subject_id: draft.subject_id,
      actor: this.#parts.actor,
      payload,
      payload_digest: blake3(payload),
      value: draft.payload,
    };
    const leafHash = logRecordLeafHash(event, sha256);
    frontier.append(leafHash);
    this.#leafHashes.push(leafHash);
    return event;
  }
}
