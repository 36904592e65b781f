import { ArtifactstoreError } from "../../core/errors.ts";
import type { DatabaseSchema } from "../database-schema.ts";
import { Mutex } from "../mutex.ts";
import type { DatabaseReader, DatabaseWriter, RegistryDatabase, WriteOptions } from "../registry-database.ts";
import { PostgresAppendWatch } from "./postgres-append-watch.ts";
import type { PostgresConnection, PostgresListener } from "./postgres-connection.ts";
import { postgresDialect } from "./postgres-dialect.ts";
import { PostgresPool } from "./postgres-pool.ts";
import { createScratchViews } from "./postgres-scratch-views.ts";
import { beginPassingWrite, beginReading, beginWriting, runBegun } from "./postgres-transaction.ts";

export interface PostgresParts {
  readonly mode: "read" | "write";
  /** Open already; closed with the database. */
  readonly first: PostgresConnection;
  /** A further connection, ready for work. Throws our errors. */
  readonly open: (listener?: PostgresListener) => Promise<PostgresConnection>;
  readonly schema: DatabaseSchema;
  /** Connections at once, the writer's included; from 2. */
  readonly connectionsMax: number;
}

/** The registry's database in PostgreSQL. */
export class PostgresRegistryDatabase implements RegistryDatabase {
  readonly dialect = postgresDialect;
  readonly schema: DatabaseSchema;
  readonly #parts: PostgresParts;
  readonly #pool: PostgresPool;
  readonly #appends: PostgresAppendWatch;
  /** One writer of this process at a time: the others would hold connections only to wait for the same lock. */
  readonly #writing = new Mutex();

  constructor(parts: PostgresParts) {
    this.#parts = parts;
    this.schema = parts.schema;
    this.#appends = new PostgresAppendWatch((onNotification, onLost) =>
      parts.open({ onNotification, onLost }),
    );
    this.#pool = new PostgresPool(() => parts.open(), parts.connectionsMax, parts.first);
  }

  read<T>(work: (reader: DatabaseReader) => Promise<T>): Promise<T> {
    return this.#pool.use(beginReading, (connection) => runBegun(connection, "read", work));
  }

  async write<T>(work: (writer: DatabaseWriter) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    if (this.#pool.isClosed) throw closed();
    if (this.#parts.mode === "read") {
      throw new ArtifactstoreError("database_read_only", "Cannot write: the database is open for reading");
    }
    return await this.#writing.run(() =>
      this.#pool.use(options.isPassing === true ? beginPassingWrite : beginWriting, (connection) =>
        runBegun(connection, "write", work),
      ),
    );
  }

  /**
   * On a connection of its own, so that what it makes goes away with it. The temporary tables are made before the
   * snapshot; a transaction that only reads may write to them.
   */
  async readBeside<T>(
    prefix: string,
    work: (reader: DatabaseReader, scratch: DatabaseWriter) => Promise<T>,
  ): Promise<T> {
    if (this.#pool.isClosed) throw closed();
    const connection = await this.#parts.open();
    try {
      await createScratchViews(connection, prefix);
      await beginReading(connection);
      return await runBegun(connection, "read", (session) => work(session, session));
    } finally {
      await connection.close();
    }
  }

  async nextAppend(signal: AbortSignal, timeoutMs: number): Promise<void> {
    if (this.#pool.isClosed) throw closed();
    await this.#appends.next(signal, timeoutMs);
  }

  /** Waits for the write that is under way. Connections that are in use are closed as they come back. */
  async close(): Promise<void> {
    await this.#appends.close();
    await this.#writing.run(() => this.#pool.close());
  }
}

function closed(): ArtifactstoreError {
  return new ArtifactstoreError("internal", "Cannot use the database: it is closed");
}
