/** What an error of SQLite means to the local store (https://sqlite.org/rescode.html). */
export type SqliteFailureKind = "busy" | "corrupt" | "full" | "read_only" | "io" | "cannot_open" | "other";

const BY_PRIMARY_CODE: Readonly<Record<number, SqliteFailureKind>> = {
  5: "busy",
  6: "busy",
  8: "read_only",
  10: "io",
  11: "corrupt",
  13: "full",
  14: "cannot_open",
  26: "corrupt",
};

/** `sqlite3_errstr` of these codes: `node:sqlite` gives no number with what its `exec` throws. */
const BY_MESSAGE: readonly (readonly [string, SqliteFailureKind])[] = [
  ["database is locked", "busy"],
  ["database table is locked", "busy"],
  ["readonly database", "read_only"],
  ["disk I/O error", "io"],
  ["malformed", "corrupt"],
  ["file is not a database", "corrupt"],
  ["database or disk is full", "full"],
  ["unable to open database file", "cannot_open"],
];

/** `undefined` if the error does not come from SQLite. */
export function sqliteFailureKind(error: unknown): SqliteFailureKind | undefined {
  if (!(error instanceof Error)) return undefined;
  const number = numberOf(error);
  if (number !== undefined) return BY_PRIMARY_CODE[number & 0xff] ?? "other";
  return BY_MESSAGE.find(([text]) => error.message.includes(text))?.[1];
}

/** `errno` of `bun:sqlite` (its `code` says SQLITE_…), `errcode` of `node:sqlite`. */
function numberOf(error: Error): number | undefined {
  if ("errcode" in error && typeof error.errcode === "number") return error.errcode;
  const named = "code" in error && typeof error.code === "string" && error.code.startsWith("SQLITE_");
  return named && "errno" in error && typeof error.errno === "number" ? error.errno : undefined;
}
