import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DatabaseWriter, RegistryDatabase } from "../../src/db/registry-database.ts";
import { runSavepoint, TransactionLost } from "../../src/db/savepoint.ts";
import { writeTogether } from "../../src/db/write-together.ts";

/** Statements as they come; fails those that begin so, as a database does that has given the transaction up. */
function controlled(failing: string | undefined) {
  const statements: string[] = [];
  const control = async (statement: string) => {
    statements.push(statement);
    if (failing !== undefined && statement.startsWith(failing)) throw new Error("no such savepoint");
  };
  return { statements, control };
}

/** A database whose transactions do nothing but keep their parts apart. */
function databaseOf(control: (statement: string) => Promise<void>): RegistryDatabase {
  const writer = { savepoint: <T>(work: () => Promise<T>) => runSavepoint(control, work) };
  return {
    write: async <T>(work: (writer: DatabaseWriter) => Promise<T>) => await work(writer as DatabaseWriter),
  } as RegistryDatabase;
}

const failure = new RangeError("of the work");

describe("runSavepoint", () => {
  it("releases a part that worked, and goes back before one that did not", async () => {
    const { statements, control } = controlled(undefined);
    assert.equal(await runSavepoint(control, async () => 7), 7);
    await assert.rejects(
      runSavepoint(control, () => Promise.reject(failure)),
      (error) => error === failure,
    );
    const begin = "SAVEPOINT part";
    const release = "RELEASE SAVEPOINT part";
    assert.deepEqual(statements, [begin, release, begin, "ROLLBACK TO SAVEPOINT part", release]);
  });

  it("says that the transaction is lost where it cannot go back, or a part cannot be kept", async () => {
    for (const [failing, cause] of [
      ["ROLLBACK", failure],
      ["RELEASE", failure],
    ] as const) {
      const { control } = controlled(failing);
      await assert.rejects(
        runSavepoint(control, () => Promise.reject(failure)),
        (error) => error instanceof TransactionLost && error.cause === cause,
      );
    }
    const { control } = controlled("RELEASE");
    await assert.rejects(
      runSavepoint(control, async () => 1),
      TransactionLost,
    );
  });
});

describe("writeTogether", () => {
  it("fails all that share a transaction which one of them loses, with its reason", async () => {
    const { control } = controlled("ROLLBACK");
    const database = databaseOf(control);
    let done = 0;
    const work = async () => {
      done += 1;
      return done;
    };
    const alone = writeTogether(database, work);
    const shared = [
      writeTogether(database, work),
      writeTogether(database, () => Promise.reject(failure)),
      writeTogether(database, work),
    ];
    assert.equal(await alone, 1);
    for (const result of await Promise.allSettled(shared)) {
      assert.ok(result.status === "rejected" && result.reason === failure);
    }
    assert.equal(done, 2);
    assert.deepEqual(
      await Promise.all([writeTogether(database, work), writeTogether(database, work)]),
      [3, 4],
    );
  });
});
