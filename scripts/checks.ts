import { BINARY, bunPath, denoPath, toolPath } from "./project.ts";
import { runAllTests } from "./run-all-tests.ts";
import { requireTool } from "./run-tool.ts";
import { formatCounts } from "./test-counts.ts";

/** Format and lint rules, nothing changed. */
export async function checkFormatAndLint(): Promise<void> {
  await requireTool(toolPath("biome"), ["ci", "--colors=off", "--error-on-warnings", "."]);
}

export async function checkTypes(): Promise<void> {
  await requireTool(toolPath("tsc"), ["--noEmit"]);
}

/** The rules of the house; a part of the tests too, but worth an answer of its own. */
export async function checkTidy(): Promise<void> {
  await requireTool(bunPath(), ["test", "./test/tidy.test.ts"]);
}

export async function checkTests(): Promise<void> {
  const counts = await runAllTests({ paths: [], binary: BINARY, thorough: false });
  if (counts.failed > 0 || counts.passed === 0) throw new Error(formatCounts(counts));
}

/** The program runs from source on Deno. */
export async function checkDenoRun(): Promise<void> {
  await requireTool(denoPath(), ["run", "-A", "--no-check", "src/main.deno.ts", "version", "--verbose"]);
}

export async function checkBinary(): Promise<void> {
  await requireTool(BINARY, ["version", "--verbose"]);
}
