import type { BenchRow } from "./bench-row.ts";
import { contest } from "./contest.ts";
import { repeated } from "./repeated.ts";
import { timedProcess } from "./timed-process.ts";

const REPEATS = 40;

export const row: BenchRow = {
  name: "start-up",
  work: "artifactstore version",
  atMost: 2,
  measure(bench) {
    const contestants = [
      { name: "artifactstore", run: () => timedProcess([bench.binary, "version"]) },
      { name: "bun -e 0", run: () => timedProcess([process.execPath, "-e", "0"]) },
    ].map((each) => repeated(each, REPEATS));
    return contest(contestants, { rounds: bench.rounds, yardstick: "fastest" });
  },
};
