import { join } from "node:path";
import type { BenchRow } from "./bench-row.ts";
import { contest } from "./contest.ts";
import { ingested, ours } from "./our-program.ts";
import { hashersInTurn } from "./peers.ts";
import { runOfLargeFiles, warm } from "./sources.ts";

const MIB = 1024 * 1024;

export const row: BenchRow = {
  name: "verify-huge-file",
  work: "verify of 8 GiB in one file",
  atMost: 1.2,
  async measure(bench) {
    const run = runOfLargeFiles(join(bench.directory, "run"), 1, bench.scaled(8192) * MIB);
    const { registry, packageId } = await ingested(bench, run);
    // Source and copy together may not fit the page cache: each contestant gets its own bytes in, just before.
    const artifactstore = {
      name: "artifactstore",
      run: () => {
        warm(join(registry, "store"));
        return ours(bench, registry, ["verify", packageId]);
      },
    };
    const hashers = hashersInTurn(run);
    const peer = {
      ...hashers,
      run: (round: number) => {
        warm(run);
        return hashers.run(round);
      },
    };
    return contest([artifactstore, peer], { rounds: bench.rounds, yardstick: "fastest" });
  },
};
