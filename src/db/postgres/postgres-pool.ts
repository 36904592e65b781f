import { ArtifactstoreError } from "../../core/errors.ts";
import type { PostgresConnection } from "./postgres-connection.ts";

/** Connections of one process: some idle, some in use, never more than a number; further callers wait in line. */
export class PostgresPool {
  readonly #open: () => Promise<PostgresConnection>;
  readonly #connectionsMax: number;
  readonly #idle: PostgresConnection[] = [];
  readonly #waiting: (() => void)[] = [];
  #inUse = 0;
  #closed = false;

  /** @param first a connection that is open already */
  constructor(open: () => Promise<PostgresConnection>, connectionsMax: number, first: PostgresConnection) {
    this.#open = open;
    this.#idle.push(first);
    this.#connectionsMax = connectionsMax;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** The connection is the caller's until `work` ends; `begin` is tried again where an idle connection was lost. */
  async use<T>(
    begin: (connection: PostgresConnection) => Promise<void>,
    work: (connection: PostgresConnection) => Promise<T>,
  ): Promise<T> {
    this.#checkOpen();
    while (this.#inUse >= this.#connectionsMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#checkOpen();
    this.#inUse += 1;
    try {
      const connection = await this.#begun(begin);
      try {
        return await work(connection);
      } finally {
        await this.#giveBack(connection);
      }
    } finally {
      this.#inUse -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Connections in use are closed as they come back. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#idle.splice(0).map((connection) => connection.close()));
  }

  /** A server that was restarted leaves idle connections that are lost: nothing was done on them, so on to the next. */
  async #begun(begin: (connection: PostgresConnection) => Promise<void>): Promise<PostgresConnection> {
    while (true) {
      const idle = this.#idle.pop();
      const connection = idle ?? (await this.#open());
      try {
        await begin(connection);
        return connection;
      } catch (error) {
        const wasLost = connection.isLost;
        await connection.close();
        if (idle === undefined || !wasLost) throw error;
      }
    }
  }

  async #giveBack(connection: PostgresConnection): Promise<void> {
    if (this.#closed || connection.isLost) await connection.close();
    else this.#idle.push(connection);
  }

  #checkOpen(): void {
    if (this.#closed) throw new ArtifactstoreError("internal", "Cannot use the database: it is closed");
  }
}
