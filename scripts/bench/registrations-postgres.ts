import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireTool } from "../run-tool.ts";
import type { BenchRow } from "./bench-row.ts";
import { contest } from "./contest.ts";
import { registryAt } from "./our-program.ts";
import { pgbenchPath, postgresAbsent, withPostgresBench } from "./postgres-bench.ts";
import { runOfFiles } from "./sources.ts";
import { timedProcess } from "./timed-process.ts";

const PROCESSES = 8;

/** How long `pgbench` is watched in one round. Seconds. */
const PGBENCH_SECONDS = 5;

/** A file registered is hashed, stored and recorded by three rows; theirs is one row in a table with one index. */
export const row: BenchRow = {
  name: "registrations-postgres",
  work: "20,000 files registered by 8 processes on PostgreSQL, against as many one-row inserts of pgbench",
  atMost: 0.2,
  async measure(bench) {
    const absent = postgresAbsent();
    if (absent !== undefined) return { times: [], notes: [absent] };
    const filesEach = bench.scaled(20_000 / PROCESSES);
    const sources = Array.from({ length: PROCESSES }, (_, number) =>
      runOfFiles(join(bench.directory, `run-${number}`), filesEach, 64 + number),
    );
    const script = join(bench.directory, "insert.sql");
    writeFileSync(
      script,
      "INSERT INTO one_row (body) VALUES ('a row of about sixty bytes, as small as a registration is');\n",
    );
    return await withPostgresBench((postgres) => {
      const registrations = async () => {
        const registry = bench.fresh("ours");
        const environment = {
          ...registryAt(registry),
          ARTIFACTSTORE_DATABASE_URL: await postgres.freshSchema(),
        };
        await timedProcess([bench.binary, "migrate"], { environment });
        const who = ["--producer", "bench", "--subject", "s", "--retention-class", "raw-evidence", "--quiet"];
        const startedMs = performance.now();
        await Promise.all(
          sources.map((source) => timedProcess([bench.binary, "push", source, ...who], { environment })),
        );
        const ms = performance.now() - startedMs;
        rmSync(registry, { recursive: true });
        return { ms };
      };
      const pgbench = async () => {
        await postgres.freshSchema();
        await requireTool("psql", [postgres.url, "-qc", "DROP TABLE IF EXISTS one_row"]);
        await requireTool("psql", [
          postgres.url,
          "-qc",
          "CREATE TABLE one_row (id BIGSERIAL PRIMARY KEY, body TEXT)",
        ]);
        const clients = ["--client", String(PROCESSES), "--jobs", "2", "--time", String(PGBENCH_SECONDS)];
        const output = await requireTool(pgbenchPath(), [
          ...clients,
          "--no-vacuum",
          "--file",
          script,
          postgres.url,
        ]);
        const transactionsPerSecond = Number(/^tps = ([0-9.]+)/m.exec(output)?.[1]);
        return { ms: ((filesEach * PROCESSES) / transactionsPerSecond) * 1000 };
      };
      return contest(
        [
          { name: "registrations", run: registrations },
          { name: "pgbench", run: pgbench },
        ],
        { rounds: bench.rounds, yardstick: "fastest" },
      );
    });
  },
};
