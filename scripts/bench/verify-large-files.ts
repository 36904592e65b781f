import { join } from "node:path";
import type { BenchRow } from "./bench-row.ts";
import { contest } from "./contest.ts";
import { ingested, ours } from "./our-program.ts";
import { hashersInTurn } from "./peers.ts";
import { runOfLargeFiles, warm } from "./sources.ts";

const MIB = 1024 * 1024;

export const row: BenchRow = {
  name: "verify-large-files",
  work: "verify of 8 files of 256 MiB",
  atMost: 1.2,
  async measure(bench) {
    const run = runOfLargeFiles(join(bench.directory, "run"), 8, bench.scaled(256) * MIB);
    const { registry, packageId } = await ingested(bench, run);
    const artifactstore = { name: "artifactstore", run: () => ours(bench, registry, ["verify", packageId]) };
    const bothWarm = () => {
      warm(join(registry, "store"));
      warm(run);
    };
    return contest([artifactstore, hashersInTurn(run)], {
      rounds: bench.rounds,
      yardstick: "fastest",
      warm: bothWarm,
    });
  },
};
