import type { SQL } from "drizzle-orm/sql/sql";
import type { Table } from "drizzle-orm/table";
import type { SqliteValue } from "../core/sqlite-port.ts";
import type { DatabaseSchema } from "./database-schema.ts";

/**
 * The seam between the registry and its database: SQLite (embedded) or PostgreSQL. Everything above is asynchronous and
 * speaks Drizzle's `sql` templates in the SQL that both understand; where they differ, `dialect` has the fragment, so
 * that nobody above asks which database it is.
 *
 * Guarantees:
 *
 * - `write` is one serialisable transaction: all of it commits durably (it has reached the disk when the promise
 *   resolves) or none of it does. Writers of one database, in any number of processes, follow one another; `work` is
 *   run once. Where a commit's answer is lost with the connection, `commit_unknown` says that both are possible.
 * - `read` sees one consistent snapshot for the whole of `work`.
 * - A statement that fails ends its transaction: `work` may tidy up and must throw; what it asks further is refused on
 *   PostgreSQL, and it cannot commit there.
 * - `readBeside` is `read` with a set of empty views beside the snapshot, whose names begin with `prefix`: temporary,
 *   seen by nobody else, gone afterwards, not bound to fit into memory, and there even where the database itself can
 *   only be read. Replay is compared with the live views in it.
 * - `nextAppend` tells that something may have been recorded, by any process, since it was called: not what, and
 *   sometimes for nothing. Call it, read, and then wait for it: what is recorded while you read is not missed. It resolves at
 *   the time-out too, when the signal aborts and when the database is closed.
 * - None may be nested in another. No bytes of blobs pass through either.
 * - Errors arrive as `ArtifactstoreError`: `database_unavailable`, `database_busy`, `database_read_only`,
 *   `database_corrupt`, `storage_full`, `commit_unknown`; what `work` throws rolls back and passes through unchanged.
 */
export interface RegistryDatabase {
  readonly dialect: DialectFragments;
  /** What its schema should be, for whoever looks after it; absent where the database cannot tell. */
  readonly schema?: DatabaseSchema;
  read<T>(work: (reader: DatabaseReader) => Promise<T>): Promise<T>;
  write<T>(work: (writer: DatabaseWriter) => Promise<T>, options?: WriteOptions): Promise<T>;
  readBeside<T>(
    prefix: string,
    work: (reader: DatabaseReader, scratch: DatabaseWriter) => Promise<T>,
  ): Promise<T>;
  nextAppend(signal: AbortSignal, timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface WriteOptions {
  /**
   * The commit need not have reached the disk: it outlives this process, and perhaps not a power cut. For what nobody
   * misses after one: leases. A database may take no notice; a later durable commit makes it durable, too.
   */
  readonly isPassing?: boolean;
}

export type ColumnValue = SqliteValue;

export interface DatabaseReader {
  /** The same as the database's. */
  readonly dialect: DialectFragments;
  /** All rows; keys are column names. For bounded answers only. */
  all<Row>(query: SQL): Promise<Row[]>;
  /** The first row, or `undefined`. */
  get<Row>(query: SQL): Promise<Row | undefined>;
  /** Rows of an unbounded answer, a page in memory at a time. */
  iterate<Row>(query: SQL): AsyncIterable<Row>;
}

export interface DatabaseWriter extends DatabaseReader {
  /** Answers the number of changed rows. */
  run(query: SQL): Promise<number>;
  /** Inserts many rows of the same columns, by the fastest way that the database has. Values are positional. */
  insert(table: Table, columns: readonly string[], rows: readonly (readonly ColumnValue[])[]): Promise<void>;
  /**
   * A part of the transaction that may fail alone: what it changed is undone when `work` throws, and what it threw passes
   * through; see `runSavepoint`. After a failed statement only the end of such a part lets the transaction go on.
   */
  savepoint<T>(work: () => Promise<T>): Promise<T>;
}

/** What the databases spell differently. */
export interface DialectFragments {
  readonly name: "sqlite" | "postgres";
  /** Ends a SELECT that must lock the rows it reads until the transaction ends. */
  readonly forUpdate: SQL;
  /**
   * Whether the top-level member of a JSON column is the string `text`, or the number or truth value that canonical JSON
   * spells so. Null and objects are never.
   */
  jsonMemberIs(column: SQL, key: string, text: string): SQL;
  /** The same of a package's metadata, through an index. `packages`: the alias of the packages' table. */
  packageMetadataIs(packages: SQL, key: string, text: string): SQL;
}
