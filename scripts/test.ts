/**
 * `npx --yes bun@1.4.5 run test [PATH…]`: the tests on Bun and on Deno, from a fresh clone. The last line is
 * `N passed, N failed, N skipped`, summed over both runtimes; the exit code is 1 if anything failed.
 */
import process from "node:process";
import { buildBinary } from "./build-binary.ts";
import { installDependencies } from "./install-dependencies.ts";
import { runTests } from "./run-tests.ts";
import { formatCounts } from "./test-counts.ts";

await installDependencies();
const binary = await buildBinary();
const paths = process.argv.slice(2);
const counts = await runTests({ paths: paths.length > 0 ? paths : ["test"], binary });
process.stdout.write(`${formatCounts(counts)}\n`);
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0);
