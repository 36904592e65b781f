import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { describeOnBinary } from "../support/describe-on-binary.ts";
import { writeGuideBoardRun } from "../support/guide-board-run.ts";
import { Installation } from "../support/installation.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const PROCESSES = 8;
const EXTRA_FILES = 40;
/** Of one run: created, default_applied, the files, finalized. */
const EVENTS = 2 + 23 + EXTRA_FILES + 1;

const numbers = Array.from({ length: PROCESSES }, (_, index) => index);

describeOnBinary(`${PROCESSES} processes on one empty store`, () => {
  it("ingest different runs: one package each, no gap in the sequence", () =>
    withTemporaryDirectory(async (directory) => {
      const installation = new Installation(join(directory, "registry"));
      const runs = numbers.map((number) => join(directory, `run-${number}`));
      runs.forEach((run, number) => {
        writeGuideBoardRun(run, { runId: `run-${number}`, seed: number, extraFiles: EXTRA_FILES });
      });
      const ingested = await Promise.all(runs.map((run) => installation.ingest(run)));
      assert.equal(new Set(ingested.map(({ package_id }) => package_id)).size, PROCESSES);
      assert.ok(ingested.every(({ reused_existing }) => !reused_existing));
      assert.equal((await installation.head()).sequence, PROCESSES * EVENTS);
      assert.equal(await installation.finalizedCount(), PROCESSES);
      await installation.isSound("--deep");
    }));

  it("ingest the same run: one package", () =>
    withTemporaryDirectory(async (directory) => {
      const installation = new Installation(join(directory, "registry"));
      const run = join(directory, "run");
      writeGuideBoardRun(run, { extraFiles: EXTRA_FILES });
      const ingested = await Promise.all(numbers.map(() => installation.ingest(run)));
      assert.equal(new Set(ingested.map(({ package_id }) => package_id)).size, 1);
      assert.equal(new Set(ingested.map(({ manifest_digest }) => manifest_digest)).size, 1);
      assert.equal((await installation.head()).sequence, EVENTS);
      assert.equal(await installation.finalizedCount(), 1);
      await installation.isSound("--deep");
    }));
});
