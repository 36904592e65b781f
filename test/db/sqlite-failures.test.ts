import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import { openSqliteDatabase } from "../../src/db/sqlite/open-sqlite-database.ts";
import { makeLog, packageDrafts, record, sampleId } from "../support/log-scene.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";
import { runtime } from "../support/test-runtime.ts";

function open(path: string, busyTimeoutMs: number) {
  return openSqliteDatabase({
    path,
    mode: "write",
    openSqlite: runtime.openSqlite,
    clock: () => 0,
    busyTimeoutMs,
  });
}

describe("an SQLite database in trouble", () => {
  it("is busy while another process writes on and on, and of use again afterwards", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "registry.db");
      const database = await open(path, 20);
      const other = runtime.openSqlite(path, { readOnly: false, create: false });
      other.exec("BEGIN IMMEDIATE");
      await rejectsWithCode("database_busy", () => database.write(async () => 1));
      assert.equal(await database.read(async () => 2), 2);
      other.exec("ROLLBACK");
      assert.equal(await database.write(async () => 3), 3);
      other.close();
      await database.close();
    }));

  it("waits for another process that is done in time, and lets others go on meanwhile", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "registry.db");
      const database = await open(path, 60_000);
      const other = runtime.openSqlite(path, { readOnly: false, create: false });
      other.exec("BEGIN IMMEDIATE");
      const order: string[] = [];
      const writing = database.write(async () => order.push("write"));
      await database.read(async () => order.push("read"));
      other.exec("COMMIT");
      await writing;
      assert.deepEqual(order, ["read", "write"]);
      other.close();
      await database.close();
    }));

  it("keeps nothing of what it has no room for, and takes what it has room for", () =>
    withTemporaryDirectory(async (directory) => {
      const database = await open(join(directory, "registry.db"), 1000);
      await record(database, packageDrafts(sampleId(1), 1, 5));
      const pages = await database.read((reader) =>
        reader.get<{ page_count: number }>(sql`PRAGMA page_count`),
      );
      const limit = (pages?.page_count ?? 0) + 20;
      await database.write((writer) => writer.all(sql.raw(`PRAGMA max_page_count = ${limit}`)));
      await rejectsWithCode("storage_full", () => record(database, packageDrafts(sampleId(2), 1000, 2000)));
      const events = await record(database, packageDrafts(sampleId(3), 5000, 3), makeLog());
      assert.deepEqual([events[0]?.sequence, events.at(-1)?.sequence], [9, 14]);
      await database.close();
    }));
});
