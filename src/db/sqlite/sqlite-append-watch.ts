import { sql } from "drizzle-orm/sql/sql";
import { AppendWaiters } from "../append-waiters.ts";
import type { SqliteSession } from "./sqlite-session.ts";

/** How often a file is asked whether another connection has committed; a few microseconds each. Milliseconds. */
const POLL_MS = 50;

/**
 * Lets callers wait for the next commit. What this process commits is told at once; what others commit is found by
 * asking `PRAGMA data_version` on a connection kept for it, which changes with every commit of another connection
 * (https://sqlite.org/pragma.html#pragma_data_version) and reads nothing but the header of the shared index.
 *
 * A waiter is woken by whatever was committed after the last answer, so by what was committed after it came; what was
 * committed between the two wakes it for nothing, which is allowed.
 */
export class SqliteAppendWatch {
  /** Absent where this process alone has the database (`:memory:`). */
  readonly #open: (() => Promise<SqliteSession>) | undefined;
  readonly #waiters = new AppendWaiters();
  #session: Promise<SqliteSession> | undefined;
  #version: number | undefined;
  #poll: ReturnType<typeof setInterval> | undefined;
  #asking = false;
  #closed = false;

  constructor(open: (() => Promise<SqliteSession>) | undefined) {
    this.#open = open;
  }

  /** Resolves with the next commit, at the time-out, when the signal aborts and when the database is closed. */
  async next(signal: AbortSignal, timeoutMs: number): Promise<void> {
    if (signal.aborted || this.#closed) return;
    try {
      await this.#waiters.next(signal, timeoutMs, () => this.#startPolling());
    } finally {
      if (this.#waiters.isEmpty) this.#stopPolling();
    }
  }

  /** Something was committed, or may have been. */
  wake(): void {
    this.#waiters.wake();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopPolling();
    this.wake();
    const session = this.#session;
    this.#session = undefined;
    await session?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }

  #startPolling(): void {
    if (this.#open === undefined) return;
    this.#poll ??= setInterval(() => void this.#ask(), POLL_MS);
    void this.#ask();
  }

  #stopPolling(): void {
    clearInterval(this.#poll);
    this.#poll = undefined;
  }

  /** Wakes everybody if there is another version, if none was known, and where the file cannot be asked. */
  async #ask(): Promise<void> {
    if (this.#asking || this.#closed) return;
    this.#asking = true;
    try {
      this.#session ??= this.#open?.();
      const session = await this.#session;
      const row = await session?.get<{ data_version: number }>(sql.raw("PRAGMA data_version"));
      if (row?.data_version === this.#version) return;
      this.#version = row?.data_version;
    } catch {
      // Whoever is woken reads, and is told what is wrong.
      this.#session = undefined;
      this.#version = undefined;
    } finally {
      this.#asking = false;
    }
    this.wake();
  }
}
