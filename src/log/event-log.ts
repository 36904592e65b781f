import type { HashFunction } from "../core/digest.ts";
import { MerkleFrontier } from "../core/merkle-frontier.ts";
import { formatTimestamp } from "../core/timestamp.ts";
import { lockLog } from "../db/lock-log.ts";
import type { DatabaseWriter } from "../db/registry-database.ts";
import { LogAppend } from "./log-append.ts";

export interface EventLogOptions {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly blake3: HashFunction;
  readonly sha256: HashFunction;
}

/** The append-only log of a registry, `docs/events.md`. Events are added inside a caller's transaction. */
export class EventLog {
  readonly #options: EventLogOptions;

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  /**
   * Takes the log's lock, which lasts until the transaction ends, and fixes the time of what will be appended: the
   * clock's, or the last event's where the clock is behind it. End with `finish`, in the same transaction.
   */
  async begin(writer: DatabaseWriter, actor: string): Promise<LogAppend> {
    const head = await lockLog(writer);
    const now = formatTimestamp(this.#options.clock());
    const createdAt = head.created_at !== null && head.created_at > now ? head.created_at : now;
    const frontier = MerkleFrontier.parse(head.sequence, head.frontier, this.#options.sha256);
    return new LogAppend({ ...this.#options, writer, actor, createdAt, frontier });
  }
}
