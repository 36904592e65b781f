import assert from "node:assert/strict";
import { it } from "node:test";
import { describeOnBinary } from "../support/describe-on-binary.ts";
import { chosenSeed, interruptIngests } from "../support/interrupted-ingests.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const KILLS = 5;
const FILES = 300;

describeOnBinary("an ingest that is killed at a random moment", () => {
  const seed = chosenSeed();

  it(`leaves a sound registry that a rerun completes, ${KILLS} times (seed ${seed})`, () =>
    withTemporaryDirectory(async (directory) => {
      const kills = await interruptIngests({ directory, kills: KILLS, files: FILES, seed });
      assert.equal(kills.length, KILLS);
      assert.ok(kills.some(({ found }) => found !== "finalized"));
    }));
});
