import { AppendWaiters } from "../append-waiters.ts";
import type { PostgresConnection } from "./postgres-connection.ts";

/** Where the server cannot tell (a standby, a connection that does not come about), how soon it is asked. Milliseconds. */
const UNTOLD_MS = 1000;

/** Opens a further connection, which hands on what it is notified of. */
export type OpenListening = (
  onNotification: (payload: string) => void,
  onLost: () => void,
) => Promise<PostgresConnection>;

/**
 * Lets callers wait for the next append, which the server tells of when it commits (`NOTIFY`, by a trigger of the
 * schema). The connection for it is made when somebody waits for the first time, and again after it was lost.
 *
 * What was appended while nobody listened yet wakes nobody by itself; so all who wait are woken once as listening
 * begins, and once as it ends.
 */
export class PostgresAppendWatch {
  readonly #open: OpenListening;
  readonly #waiters = new AppendWaiters();
  #listening: Promise<PostgresConnection | undefined> | undefined;
  #closed = false;

  constructor(open: OpenListening) {
    this.#open = open;
  }

  /** Resolves with the next append, at the time-out, when the signal aborts and when the database is closed. */
  async next(signal: AbortSignal, timeoutMs: number): Promise<void> {
    if (signal.aborted || this.#closed) return;
    await this.#waiters.next(signal, timeoutMs, () => {
      this.#listening ??= this.#listen();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiters.wake();
    await (await this.#listening)?.close();
  }

  async #listen(): Promise<PostgresConnection | undefined> {
    let schema: string | undefined;
    const forget = () => {
      this.#listening = undefined;
      this.#waiters.wake();
    };
    try {
      const connection = await this.#open((payload) => {
        if (schema === undefined || payload === schema) this.#waiters.wake();
      }, forget);
      const { rows } = await connection.script("LISTEN artifactstore_log; SELECT current_schema() AS schema");
      schema = (rows[0] as { schema?: string } | undefined)?.schema;
      this.#waiters.wake();
      return connection;
    } catch {
      // Whoever is woken reads, and is told what is wrong.
      setTimeout(forget, UNTOLD_MS).unref();
      return undefined;
    }
  }
}
