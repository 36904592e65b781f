import { join } from "node:path";
import type { BenchRow } from "./bench-row.ts";
import { contest } from "./contest.ts";
import { freshIngest } from "./our-program.ts";
import { copyAndSync, opensslDigest } from "./peers.ts";
import { largeFilePath, runOfLargeFiles, warm } from "./sources.ts";

const MIB = 1024 * 1024;

export const row: BenchRow = {
  name: "huge-file",
  work: "8 GiB in one file, durable",
  atMost: 1.3,
  async measure(bench) {
    const run = runOfLargeFiles(join(bench.directory, "run"), 1, bench.scaled(8192) * MIB);
    const file = largeFilePath(run, 0);
    const artifactstore = { name: "artifactstore", run: () => freshIngest(bench, run) };
    const contestants = [artifactstore, opensslDigest(file), copyAndSync(bench, file)];
    return contest(contestants, { rounds: bench.rounds, yardstick: "slowest", warm: () => warm(run) });
  },
};
