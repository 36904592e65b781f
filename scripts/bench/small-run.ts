import { join } from "node:path";
import type { BenchRow } from "./bench-row.ts";
import { contest } from "./contest.ts";
import { freshIngest } from "./our-program.ts";
import { gitAdd } from "./peers.ts";
import { repeated } from "./repeated.ts";
import { runOfOneMegabyte, warm } from "./sources.ts";

/** Runs of each contestant a round: a single one is over before the machine's noise is. */
const REPEATS = 10;

export const row: BenchRow = {
  name: "small-run",
  work: "23 files, 1 MB in all, whole process",
  atMost: 3,
  async measure(bench) {
    const run = runOfOneMegabyte(join(bench.directory, "run"));
    const artifactstore = { name: "artifactstore", run: () => freshIngest(bench, run) };
    const contestants = [artifactstore, gitAdd(bench, run)].map((each) => repeated(each, REPEATS));
    return contest(contestants, { rounds: bench.rounds, yardstick: "fastest", warm: () => warm(run) });
  },
};
