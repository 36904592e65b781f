import { ArtifactstoreError } from "../../core/errors.ts";
import type { DatabaseSchema } from "../database-schema.ts";
import { Mutex } from "../mutex.ts";
import type { DatabaseReader, DatabaseWriter, RegistryDatabase, WriteOptions } from "../registry-database.ts";
import { createScratchViews, dropScratchViews } from "./scratch-views.ts";
import { SqliteAppendWatch } from "./sqlite-append-watch.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import type { SqliteSession } from "./sqlite-session.ts";
import { withoutSync } from "./sqlite-settings.ts";
import { runTransaction, SQLITE_BUSY_TIMEOUT_MS } from "./sqlite-transaction.ts";

/** Snapshots that may be open at once; further readers wait. Count. */
const READERS_MAX = 4;

export interface SqliteParts {
  /** Absent where the database is only read. */
  readonly writer: SqliteSession | undefined;
  /** Opens a further connection for reading; absent where the writer's is the only one there can be (`:memory:`). */
  readonly openReader: (() => Promise<SqliteSession>) | undefined;
  /** Called when a snapshot ends; throws if it cannot be trusted. */
  readonly checkSnapshot?: () => void;
  readonly busyTimeoutMs?: number;
  readonly schema: DatabaseSchema;
}

/**
 * The registry's database in SQLite. One connection writes, its callers one after the other; files are read through
 * connections of their own, each with its snapshot, so that readers and the writer do not wait for one another.
 */
export class SqliteRegistryDatabase implements RegistryDatabase {
  readonly dialect = sqliteDialect;
  readonly schema: DatabaseSchema;
  readonly #parts: SqliteParts;
  readonly #busyTimeoutMs: number;
  readonly #writing = new Mutex();
  readonly #appends: SqliteAppendWatch;
  readonly #idleReaders: SqliteSession[] = [];
  readonly #waiting: (() => void)[] = [];
  #readersInUse = 0;
  #closed = false;

  constructor(parts: SqliteParts) {
    this.#parts = parts;
    this.schema = parts.schema;
    this.#busyTimeoutMs = parts.busyTimeoutMs ?? SQLITE_BUSY_TIMEOUT_MS;
    this.#appends = new SqliteAppendWatch(parts.openReader);
  }

  async read<T>(work: (reader: DatabaseReader) => Promise<T>): Promise<T> {
    this.#checkOpen();
    const { openReader, writer, checkSnapshot } = this.#parts;
    if (openReader === undefined) {
      if (writer === undefined)
        throw new ArtifactstoreError("internal", "Cannot read: there is no connection");
      return await this.#writing.run(() => this.#transact(writer, "read", work));
    }
    while (this.#readersInUse >= READERS_MAX) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#readersInUse += 1;
    try {
      const session = this.#idleReaders.pop() ?? (await openReader());
      try {
        const result = await this.#transact(session, "read", work);
        checkSnapshot?.();
        return result;
      } finally {
        if (this.#closed) session.close();
        else this.#idleReaders.push(session);
      }
    } finally {
      this.#readersInUse -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** On a connection of its own, so that what it makes goes away with it. */
  async readBeside<T>(
    prefix: string,
    work: (reader: DatabaseReader, scratch: DatabaseWriter) => Promise<T>,
  ): Promise<T> {
    this.#checkOpen();
    const { openReader, writer, checkSnapshot } = this.#parts;
    if (openReader !== undefined) {
      const session = await openReader();
      try {
        createScratchViews(session, prefix);
        const result = await this.#transact(session, "read", (both) => work(both, both));
        checkSnapshot?.();
        return result;
      } finally {
        session.close();
      }
    }
    if (writer === undefined) throw new ArtifactstoreError("internal", "Cannot read: there is no connection");
    return await this.#writing.run(async () => {
      try {
        createScratchViews(writer, prefix);
        return await this.#transact(writer, "read", (both) => work(both, both));
      } finally {
        dropScratchViews(writer, prefix);
      }
    });
  }

  async write<T>(work: (writer: DatabaseWriter) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    this.#checkOpen();
    const { writer } = this.#parts;
    if (writer === undefined) {
      throw new ArtifactstoreError("database_read_only", "Cannot write: the database is open for reading");
    }
    const result = await this.#writing.run(async () => {
      if (options.isPassing !== true) return await this.#transact(writer, "write", work);
      return await withoutSync(writer, () => this.#transact(writer, "write", work));
    });
    this.#appends.wake();
    return result;
  }

  async nextAppend(signal: AbortSignal, timeoutMs: number): Promise<void> {
    this.#checkOpen();
    await this.#appends.next(signal, timeoutMs);
  }

  /** Waits for the write that is under way. Snapshots still open are closed as they end. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#appends.close();
    for (const reader of this.#idleReaders.splice(0)) reader.close();
    // The writer's connection goes last: the last one out folds the write-ahead log back into the file.
    await this.#writing.run(async () => this.#parts.writer?.close());
  }

  #transact<T>(
    session: SqliteSession,
    kind: "read" | "write",
    work: (writer: DatabaseWriter) => Promise<T>,
  ): Promise<T> {
    this.#checkOpen();
    return runTransaction(session, kind, this.#busyTimeoutMs, () => work(session));
  }

  #checkOpen(): void {
    if (this.#closed) throw new ArtifactstoreError("internal", "Cannot use the database: it is closed");
  }
}
