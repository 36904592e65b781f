import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { bunPath, denoPath } from "./project.ts";
import { runTool } from "./run-tool.ts";
import {
  addCounts,
  formatCounts,
  NO_TESTS,
  readBunCounts,
  readDenoCounts,
  type TestCounts,
  withoutStyle,
} from "./test-counts.ts";

/** Milliseconds a single test may take; far more than any needs on an idle machine. */
const TEST_TIMEOUT_MS = 120_000;

export interface TestRun {
  /** Paths of test files or directories, relative to the checkout. */
  readonly paths: readonly string[];
  /** Of the server that PostgreSQL is tested on; absent where there is none. */
  readonly postgresUrl: string | undefined;
  /** Which database the suites are over that run over either. */
  readonly database: "sqlite" | "postgres";
  /** The compiled binary that some tests run. */
  readonly binary: string;
}

/**
 * Runs the tests on Bun and on Deno at the same time (each uses about one core) and answers the sum over both. What
 * the second one prints is shown when the first has ended, so that the two do not mix.
 */
export async function runTests(run: TestRun): Promise<TestCounts> {
  const deno = onDeno(run);
  const bunCounts = await onBun(run);
  const denoCounts = await deno;
  process.stderr.write(denoCounts.output);
  const over = run.database === "sqlite" ? "SQLite" : "PostgreSQL";
  process.stderr.write(`Bun over ${over}: ${formatCounts(bunCounts)}\n`);
  process.stderr.write(`Deno over ${over}: ${formatCounts(denoCounts.counts)}\n`);
  return addCounts(bunCounts, denoCounts.counts);
}

function testEnvironment(run: TestRun): Record<string, string> {
  return {
    ARTIFACTSTORE_TEST_BINARY: run.binary,
    ARTIFACTSTORE_TEST_DATABASE: run.database,
    ...(run.postgresUrl === undefined ? {} : { ARTIFACTSTORE_TEST_POSTGRES_URL: run.postgresUrl }),
    NO_COLOR: "1",
    DENO_NO_UPDATE_CHECK: "1",
  };
}

async function onBun(run: TestRun): Promise<TestCounts> {
  const args = ["test", `--timeout=${TEST_TIMEOUT_MS}`, ...run.paths.map((path) => `./${path}`)];
  const result = await runTool(bunPath(), args, { environment: testEnvironment(run), show: true });
  const counts = readBunCounts(withoutStyle(`${result.stdout}\n${result.stderr}`));
  return judge("Bun", result.exitCode, counts);
}

async function onDeno(run: TestRun): Promise<{ counts: TestCounts; output: string }> {
  const directory = mkdtempSync(join(tmpdir(), "artifactstore-test-"));
  try {
    const report = join(directory, "deno.xml");
    const args = ["test", "-A", "--no-check", `--junit-path=${report}`, ...run.paths];
    const result = await runTool(denoPath(), args, { environment: testEnvironment(run) });
    const output = withoutStyle(`${result.stdout}\n${result.stderr}`);
    const counts = readDenoCounts(readReport(report), output);
    return { counts: judge("Deno", result.exitCode, counts), output };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A runner that failed without saying so in its counts is a failure of its own. */
function judge(runner: string, exitCode: number, counts: TestCounts | undefined): TestCounts {
  if (counts !== undefined && (exitCode === 0) === (counts.failed === 0)) return counts;
  process.stderr.write(`${runner} ended with exit code ${exitCode}\n`);
  return addCounts(counts ?? NO_TESTS, {
    ...NO_TESTS,
    failed: exitCode === 0 && counts !== undefined ? 0 : 1,
  });
}

function readReport(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
