import { ArtifactstoreError } from "../../core/errors.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { isServerVerdict, mapPostgresError } from "./postgres-errors.ts";
import { PostgresSession } from "./postgres-session.ts";

/** The snapshot is taken by the first statement, not by BEGIN. */
const BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1";

/**
 * The row of the log's head is every writer's first: so writers follow one another from their first statement on, each
 * sees all that those before it committed, and none can fail to serialise or deadlock. To run `work` again would never
 * be right, since it may count what it did.
 */
const BEGIN_WRITING =
  "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT 1 FROM log_head WHERE singleton = 1 FOR UPDATE";

export async function beginReading(connection: PostgresConnection): Promise<void> {
  await begin(connection, BEGIN_READING, "read");
}

export async function beginWriting(connection: PostgresConnection): Promise<void> {
  await begin(connection, BEGIN_WRITING, "write");
}

/** For what nobody misses after a crash of the server: its commit is answered before it has reached the disk. */
export async function beginPassingWrite(connection: PostgresConnection): Promise<void> {
  await begin(connection, `${BEGIN_WRITING}; SET LOCAL synchronous_commit TO OFF`, "write");
}

async function begin(connection: PostgresConnection, text: string, kind: "read" | "write"): Promise<void> {
  try {
    await connection.script(text);
  } catch (error) {
    throw mapPostgresError(error, `begin to ${kind}`, kind);
  }
}

/** Runs `work` in the transaction that was begun, and ends it. */
export async function runBegun<T>(
  connection: PostgresConnection,
  kind: "read" | "write",
  work: (session: PostgresSession) => Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await work(new PostgresSession(connection));
  } catch (error) {
    await rollBack(connection);
    throw error;
  }
  if (kind === "write") await commit(connection);
  // What was read was read: nothing hangs on how a snapshot ends.
  else await rollBack(connection);
  return result;
}

async function commit(connection: PostgresConnection): Promise<void> {
  let command: string;
  try {
    command = (await connection.script("COMMIT")).command;
  } catch (error) {
    // The server's word that it failed ends the transaction, too.
    if (isServerVerdict(error)) throw mapPostgresError(error, "commit a transaction", "write");
    await connection.close();
    throw new ArtifactstoreError(
      "commit_unknown",
      "Cannot tell whether a transaction was committed: the connection to the database was lost before the answer; a command that names an external id or a run can be run again, for others look first (log head, packages list)",
      { cause: error },
    );
  }
  // The server's answer to the COMMIT of a transaction in which a statement failed: it rolls back without an error.
  if (command !== "COMMIT") {
    throw new ArtifactstoreError("internal", "Cannot commit a transaction: a statement in it failed");
  }
}

/** A connection whose transaction cannot be ended is of no more use. */
async function rollBack(connection: PostgresConnection): Promise<void> {
  try {
    await connection.script("ROLLBACK");
  } catch {
    await connection.close();
  }
}
