/**
 * The little of SQLite that this project asks of a runtime. `runtime/bun` answers it with `bun:sqlite`,
 * `runtime/deno` with `node:sqlite`. Only types: nothing here does I/O.
 *
 * Parameters are positional. Integers arrive as `number` (none of ours exceeds 2^53 - 1), blobs as `Uint8Array`.
 * Errors of SQLite are thrown as they come; `db/` and `storage/local/` map them to our codes.
 */
export type SqliteValue = string | number | null | Uint8Array;
export type SqliteRow = Record<string, SqliteValue>;

export interface SqliteStatement {
  all(parameters: readonly SqliteValue[]): SqliteRow[];
  get(parameters: readonly SqliteValue[]): SqliteRow | undefined;
  /** Answers the number of changed rows. */
  run(parameters: readonly SqliteValue[]): number;
  /** One row at a time; the statement must not be used otherwise until the loop has ended. */
  iterate(parameters: readonly SqliteValue[]): Iterable<SqliteRow>;
  finalize(): void;
}

export interface SqliteConnection {
  /** One or several statements without parameters. */
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

export interface SqliteOpenOptions {
  readonly readOnly: boolean;
  /** Create the file if it is absent (its directory must exist). */
  readonly create: boolean;
  /**
   * Only with `readOnly`: the caller vouches that nobody writes the file, so no lock is taken and no file is made
   * beside it (`immutable=1`, https://sqlite.org/uri.html). A write-ahead log is ignored: check for one first.
   */
  readonly immutable?: boolean;
}

/** @param path a file's path, or `:memory:` */
export type OpenSqlite = (path: string, options: SqliteOpenOptions) => SqliteConnection;
