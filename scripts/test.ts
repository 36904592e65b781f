/**
 * `npx --yes bun@1.4.5 run test [PATH…]`: the tests on Bun and on Deno, from a fresh clone. The last line is
 * `N passed, N failed, N skipped`, summed over both runtimes; the exit code is 1 if anything failed.
 */
import process from "node:process";
import { buildBinary } from "./build-binary.ts";
import { installDependencies } from "./install-dependencies.ts";
import { runAllTests } from "./run-all-tests.ts";
import { runScript } from "./run-script.ts";
import { formatCounts, NO_TESTS } from "./test-counts.ts";

await runScript(async () => {
  const paths = process.argv.slice(2);
  const counts = await prepare()
    .then((binary) => runAllTests({ paths, binary, thorough: false }))
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      return { ...NO_TESTS, failed: 1 };
    });
  process.stdout.write(`${formatCounts(counts)}\n`);
  return counts.failed > 0 || counts.passed === 0 ? 1 : 0;
});

async function prepare(): Promise<string> {
  await installDependencies();
  return buildBinary();
}
