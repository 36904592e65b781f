import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { checkedEventPages } from "../../src/log/check-log.ts";
import { checkViews } from "../../src/views/check-views.ts";
import { packageById } from "../../src/views/query-packages.ts";
import { makeChecker, sampleId } from "../support/log-scene.ts";
import { openDatabaseAt } from "../support/open-database.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";
import { databaseOf } from "../support/test-database.ts";

const PROCESSES = 4;
const TRANSACTIONS = 12;

/** The same runtime, from source. */
async function runAppendProcess(place: string, number: number): Promise<void> {
  const script = fileURLToPath(new URL("../support/append-process.ts", import.meta.url));
  const before = process.versions["bun"] === undefined ? ["run", "-A", "--no-check"] : ["run"];
  const child = spawn(process.execPath, [...before, script, place, String(number), String(TRANSACTIONS)], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
}

describe("several processes writing one log", () => {
  it("follow one another without a gap, from the first moment on", () =>
    withTemporaryDirectory(async (directory) => {
      const { place, prepare } = databaseOf(directory);
      await prepare();
      const numbers = Array.from({ length: PROCESSES }, (_, at) => at + 1);
      await Promise.all(numbers.map((number) => runAppendProcess(place, number)));
      const database = await openDatabaseAt(place, "read");
      const checker = makeChecker();
      const views = await checkViews(database, (reader) => checkedEventPages(reader, checker));
      assert.deepEqual(checker.problems, []);
      assert.equal(views.throughSequence, PROCESSES * (1 + 3 * TRANSACTIONS));
      assert.equal(views.differenceCount, 0);
      for (const number of numbers) {
        const row = await database.read((reader) => packageById(reader, sampleId(number)));
        assert.equal(row?.file_count, 3 * TRANSACTIONS);
      }
      await database.close();
    }));
});
