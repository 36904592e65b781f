/** `bun run ci`: lint and types, then the tests; what a change must pass. The last line is that of `bun run test`. */
import process from "node:process";
import { buildBinary } from "./build-binary.ts";
import { checkFormatAndLint, checkTypes } from "./checks.ts";
import { installDependencies } from "./install-dependencies.ts";
import { runAllTests } from "./run-all-tests.ts";
import { runScript } from "./run-script.ts";
import { step } from "./step.ts";
import { formatCounts } from "./test-counts.ts";

await runScript(async () => {
  await step("install", installDependencies);
  await step("format and lint", checkFormatAndLint);
  await step("types", checkTypes);
  const binary = await step("compile", buildBinary);
  const counts = await runAllTests({ paths: [], binary, thorough: true });
  process.stdout.write(`${formatCounts(counts)}\n`);
  return counts.failed > 0 || counts.passed === 0 ? 1 : 0;
});
