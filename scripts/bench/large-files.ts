import { join } from "node:path";
import type { BenchRow } from "./bench-row.ts";
import { contest } from "./contest.ts";
import { freshIngest } from "./our-program.ts";
import { borg, restic } from "./peers.ts";
import { runOfLargeFiles, warm } from "./sources.ts";

const MIB = 1024 * 1024;

export const row: BenchRow = {
  name: "large-files",
  work: "8 files of 256 MiB, durable, finalised",
  atMost: 0.5,
  async measure(bench) {
    const run = runOfLargeFiles(join(bench.directory, "run"), 8, bench.scaled(256) * MIB);
    const artifactstore = { name: "artifactstore", run: () => freshIngest(bench, run) };
    const contestants = [artifactstore, borg(bench, run), restic(bench, run)];
    return contest(contestants, { rounds: bench.rounds, yardstick: "fastest", warm: () => warm(run) });
  },
};
