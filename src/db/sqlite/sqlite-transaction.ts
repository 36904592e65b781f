import { isSqliteBusy, mapSqliteError } from "./sqlite-errors.ts";
import type { SqliteSession } from "./sqlite-session.ts";

/** How long to wait for the write lock before giving up, unless configured. Milliseconds. */
export const SQLITE_BUSY_TIMEOUT_MS = 60_000;

/** How long SQLite itself may wait, blocking this thread, for a lock that is held for moments only. Milliseconds. */
export const SQLITE_INNER_BUSY_TIMEOUT_MS = 10;

/** The longest pause between two tries to begin. Milliseconds. */
const PAUSE_MAX_MS = 25;

/**
 * Runs `work` between BEGIN and COMMIT. SQLite's own wait for the write lock sleeps on the calling thread and knows
 * no queue; here a busy BEGIN is tried again after a short random pause, while the event loop goes on.
 */
export async function runTransaction<T>(
  session: SqliteSession,
  kind: "read" | "write",
  busyTimeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  await retryWhileBusy(busyTimeoutMs, `begin to ${kind}`, () => begin(session, kind));
  let result: T;
  try {
    result = await work();
  } catch (error) {
    rollBack(session);
    throw error;
  }
  try {
    session.control("COMMIT");
  } catch (error) {
    rollBack(session);
    throw mapSqliteError(error, "commit a transaction");
  }
  return result;
}

/** Runs `step` until it does not meet a lock. Throws `database_busy` after `timeoutMs`. */
export async function retryWhileBusy<T>(timeoutMs: number, action: string, step: () => T): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (let pauseMaxMs = 2; ; pauseMaxMs = Math.min(pauseMaxMs * 2, PAUSE_MAX_MS)) {
    try {
      return step();
    } catch (error) {
      if (!isSqliteBusy(error) || performance.now() >= deadline) throw mapSqliteError(error, action);
    }
    await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * pauseMaxMs));
  }
}

function begin(session: SqliteSession, kind: "read" | "write"): void {
  if (kind === "write") {
    session.control("BEGIN IMMEDIATE");
    return;
  }
  session.control("BEGIN");
  try {
    // The snapshot is taken by the first read, not by BEGIN.
    session.control("SELECT 1 FROM sqlite_schema LIMIT 1");
  } catch (error) {
    rollBack(session);
    throw error;
  }
}

/** After some failures (a full disk among them) SQLite has rolled back already, and says there is nothing to do. */
function rollBack(session: SqliteSession): void {
  try {
    session.control("ROLLBACK");
  } catch {
    // Either nothing is open, or the connection is beyond use and the next BEGIN says so.
  }
}
