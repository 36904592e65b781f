/** `bun run ok`: says whether all is fine. Stops at the first thing that is not. */
import process from "node:process";
import { buildBinary } from "./build-binary.ts";
import {
  checkBinary,
  checkDenoRun,
  checkFormatAndLint,
  checkTests,
  checkTidy,
  checkTypes,
} from "./checks.ts";
import { installDependencies } from "./install-dependencies.ts";
import { runScript } from "./run-script.ts";
import { step } from "./step.ts";

await runScript(async () => {
  await step("install", installDependencies);
  await step("format and lint", checkFormatAndLint);
  await step("types", checkTypes);
  await step("tidy", checkTidy);
  await step("compile", buildBinary);
  await step("run the binary", checkBinary);
  await step("run on Deno", checkDenoRun);
  await step("tests on Bun and Deno", checkTests);
  process.stderr.write("all is fine\n");
  return 0;
});
