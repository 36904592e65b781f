import { rmSync } from "node:fs";
import { join } from "node:path";
import type { BenchRow } from "./bench-row.ts";
import { contest } from "./contest.ts";
import { freshIngest, registryAt } from "./our-program.ts";
import { postgresAbsent, withPostgresBench } from "./postgres-bench.ts";
import { runOfFiles, warm } from "./sources.ts";
import { timedProcess } from "./timed-process.ts";

export const row: BenchRow = {
  name: "small-files-postgres",
  work: "10,000 files of 4 KiB, the registry on PostgreSQL",
  atMost: 1.6,
  async measure(bench) {
    const absent = postgresAbsent();
    if (absent !== undefined) return { times: [], notes: [absent] };
    const run = runOfFiles(join(bench.directory, "run"), bench.scaled(10_000), 4096);
    return await withPostgresBench((postgres) => {
      const onPostgres = async () => {
        const registry = bench.fresh("ours");
        const environment = {
          ...registryAt(registry),
          ARTIFACTSTORE_DATABASE_URL: await postgres.freshSchema(),
        };
        const words = [bench.binary, "guide-board", "ingest", run, "--quiet"];
        const timing = await timedProcess(words, { environment, watchMemory: true });
        rmSync(registry, { recursive: true });
        return timing;
      };
      const contestants = [
        { name: "on PostgreSQL", run: onPostgres },
        { name: "on SQLite", run: () => freshIngest(bench, run) },
      ];
      return contest(contestants, { rounds: bench.rounds, yardstick: "fastest", warm: () => warm(run) });
    });
  },
};
