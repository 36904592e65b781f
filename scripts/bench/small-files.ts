import { join } from "node:path";
import type { BenchRow } from "./bench-row.ts";
import { contest } from "./contest.ts";
import { freshIngest } from "./our-program.ts";
import { borg, restic } from "./peers.ts";
import { runOfFiles, warm } from "./sources.ts";

export const row: BenchRow = {
  name: "small-files",
  work: "10,000 files of 4 KiB, ingested, durable, finalised",
  atMost: 0.7,
  measure(bench) {
    const run = runOfFiles(join(bench.directory, "run"), bench.scaled(10_000), 4096);
    const artifactstore = { name: "artifactstore", run: () => freshIngest(bench, run) };
    const contestants = [artifactstore, borg(bench, run), restic(bench, run)];
    return contest(contestants, { rounds: bench.rounds, yardstick: "fastest", warm: () => warm(run) });
  },
};
