/** Acceptance 7 at length: 8 processes on one empty store, with different runs and with the same one. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeGuideBoardRun } from "../support/guide-board-run.ts";
import { Installation } from "../support/installation.ts";
import { chosenSeed } from "../support/interrupted-ingests.ts";
import { scaled } from "../support/soak-scale.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const PROCESSES = 8;
const ROUNDS = 10;
const files = scaled(2000);
const events = 2 + 23 + files + 1;

await withTemporaryDirectory(async (directory) => {
  const seed = chosenSeed();
  const runs = Array.from({ length: PROCESSES }, (_, number) => {
    const run = join(directory, `run-${number}`);
    writeGuideBoardRun(run, { runId: `run-${number}`, seed: seed + number, extraFiles: files });
    return run;
  });
  const [same = ""] = runs;
  const sameRuns = runs.map(() => same);
  for (let round = 1; round <= scaled(ROUNDS); round++) {
    for (const [what, wanted, packages] of [
      ["different runs", runs, PROCESSES],
      ["the same run", sameRuns, 1],
    ] as const) {
      const place = join(directory, "registry");
      const installation = new Installation(place);
      const ingested = await Promise.all(wanted.map((run) => installation.ingest(run)));
      assert.equal(new Set(ingested.map(({ package_id }) => package_id)).size, packages);
      const { sequence } = await installation.head();
      assert.equal(sequence, packages * events);
      assert.equal(await installation.finalizedCount(), packages);
      await installation.isSound("--deep");
      rmSync(place, { recursive: true });
      process.stderr.write(`round ${round}, ${what}: ${packages} packages, sequence ${sequence}, sound\n`);
    }
  }
});
