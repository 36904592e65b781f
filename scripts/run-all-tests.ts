import process from "node:process";
import { runTests } from "./run-tests.ts";
import { postgresBinaries } from "./services/postgres-binaries.ts";
import { downPostgres, statusPostgres, upPostgres } from "./services/postgres-service.ts";
import { addCounts, type TestCounts } from "./test-counts.ts";

/** Suites in which the database matters most: run over PostgreSQL after all have run over SQLite. */
const SUITES_OF_DATABASES = [
  ...["test/db/leases.test.ts", "test/log", "test/views", "test/cli/commands"],
  ...["test/registry/register-package.test.ts", "test/registry/doctor.test.ts"],
  ...["test/acceptance/ingest-run.test.ts", "test/acceptance/concurrent-ingests.test.ts"],
];

/** Where time is no matter: every suite that uses a registry. */
const ALL_SUITES_OF_DATABASES = [
  ...["test/db/leases.test.ts", "test/log", "test/views", "test/cli/commands", "test/registry"],
  ...["ingest-run", "concurrent-ingests", "same-digest", "bad-runs", "follow-events"].map(
    (name) => `test/acceptance/${name}.test.ts`,
  ),
];

export interface AllTestsRun {
  /** Paths that were asked for; empty: all. */
  readonly paths: readonly string[];
  readonly binary: string;
  readonly thorough: boolean;
}

/** The tests on Bun and on Deno, over SQLite and over PostgreSQL. Paths that are asked for run over SQLite alone. */
export async function runAllTests({ paths, binary, thorough }: AllTestsRun): Promise<TestCounts> {
  const { url: postgresUrl, stop } = await startPostgres();
  try {
    const overSqlite = { paths: paths.length > 0 ? paths : ["test"], binary, postgresUrl };
    const counts = await runTests({ ...overSqlite, database: "sqlite" });
    if (paths.length > 0 || postgresUrl === undefined) return counts;
    const suites = thorough ? ALL_SUITES_OF_DATABASES : SUITES_OF_DATABASES;
    return addCounts(counts, await runTests({ ...overSqlite, paths: suites, database: "postgres" }));
  } finally {
    await stop();
  }
}

/** The server that the environment names, one that runs already, or one for this run. Under `CI=true` there must be one. */
async function startPostgres(): Promise<{ url: string | undefined; stop: () => Promise<void> }> {
  const given = process.env["ARTIFACTSTORE_TEST_POSTGRES_URL"];
  const leave = async () => {};
  if (given !== undefined) return { url: given, stop: leave };
  if (postgresBinaries() === undefined) {
    if (process.env["CI"] === "true") throw new Error("PostgreSQL 15 or later is not installed");
    process.stderr.write("skipped: everything over PostgreSQL, which is not installed\n");
    return { url: undefined, stop: leave };
  }
  const before = await statusPostgres();
  if (before.running) return { url: before.url, stop: leave };
  const { url } = await upPostgres();
  return {
    url,
    async stop() {
      await downPostgres();
    },
  };
}
