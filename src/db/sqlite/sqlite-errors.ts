import { ArtifactstoreError, type ErrorCode } from "../../core/errors.ts";

/** Primary result codes, https://sqlite.org/rescode.html */
const CODE_OF_RESULT: ReadonlyMap<number, ErrorCode> = new Map([
  [5, "database_busy"], // SQLITE_BUSY
  [6, "database_busy"], // SQLITE_LOCKED
  [8, "database_read_only"], // SQLITE_READONLY
  [10, "database_unavailable"], // SQLITE_IOERR
  [11, "database_corrupt"], // SQLITE_CORRUPT
  [13, "storage_full"], // SQLITE_FULL
  [14, "database_unavailable"], // SQLITE_CANTOPEN
  [26, "database_corrupt"], // SQLITE_NOTADB
]);

/** `DatabaseSync` of Deno 2.9 gives no result code from its constructor and from `exec`: the texts are SQLite's own. */
const RESULT_OF_TEXT: readonly (readonly [string, number])[] = [
  ["database is locked", 5],
  ["database table is locked", 6],
  ["attempt to write a readonly database", 8],
  ["disk I/O error", 10],
  ["database disk image is malformed", 11],
  ["database or disk is full", 13],
  ["unable to open database file", 14],
  ["file is not a database", 26],
];

/** The primary result code of an error that SQLite threw; `undefined` for anything else. */
export function sqliteResultCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errno, errcode } = error as { errno?: unknown; errcode?: unknown };
  if (error.name === "SQLiteError" && typeof errno === "number") return errno & 0xff;
  if (typeof errcode === "number") return errcode & 0xff;
  if ((error as { code?: unknown }).code !== "ERR_SQLITE_ERROR") return undefined;
  return RESULT_OF_TEXT.find(([text]) => error.message.startsWith(text))?.[1];
}

export function isSqliteBusy(error: unknown): boolean {
  const code = sqliteResultCode(error);
  return code === 5 || code === 6;
}

export function isSqliteCannotOpen(error: unknown): boolean {
  return sqliteResultCode(error) === 14;
}

/**
 * What crosses the seam. Results that only a defect can bring about (bad SQL, a broken constraint) become `internal`.
 * @param action what was tried, as in `Cannot ${action}: …`
 */
export function mapSqliteError(error: unknown, action: string): unknown {
  if (error instanceof ArtifactstoreError) return error;
  const result = sqliteResultCode(error);
  const known = result === undefined ? undefined : CODE_OF_RESULT.get(result);
  const detail = error instanceof Error ? error.message : String(error);
  return new ArtifactstoreError(known ?? "internal", `Cannot ${action}: ${detail}`, { cause: error });
}
