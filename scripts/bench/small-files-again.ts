import { join } from "node:path";
import type { BenchRow } from "./bench-row.ts";
import { contest } from "./contest.ts";
import { ingest, ingested } from "./our-program.ts";
import { hashersInTurn } from "./peers.ts";
import { runOfFiles, warm } from "./sources.ts";

export const row: BenchRow = {
  name: "small-files-again",
  work: "the same again (idempotent, all bytes hashed again)",
  atMost: 1.5,
  async measure(bench) {
    const run = runOfFiles(join(bench.directory, "run"), bench.scaled(10_000), 4096);
    const { registry } = await ingested(bench, run);
    const artifactstore = { name: "artifactstore", run: () => ingest(bench, registry, run) };
    const contestants = [artifactstore, hashersInTurn(run)];
    return contest(contestants, { rounds: bench.rounds, yardstick: "fastest", warm: () => warm(run) });
  },
};
