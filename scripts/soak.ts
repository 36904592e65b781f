/**
 * `bun run soak [NAME…] [--seed N]`: the acceptance runs at full size, one file of `test/soak/` after the other. Each
 * is a program that exits with 0 if it passed and reads its seed from `ARTIFACTSTORE_TEST_SEED`; the seed is printed,
 * so that a failure can be run again.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { buildBinary } from "./build-binary.ts";
import { installDependencies } from "./install-dependencies.ts";
import { bunPath, ROOT } from "./project.ts";
import { runTool } from "./run-tool.ts";

const DIRECTORY = join(ROOT, "test", "soak");

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: "string" } } });
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
const known = existsSync(DIRECTORY)
  ? readdirSync(DIRECTORY)
      .filter((name) => name.endsWith(".ts"))
      .sort()
  : [];
const wanted =
  positionals.length === 0 ? known : positionals.map((name) => `${name.replace(/\.ts$/, "")}.ts`);
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0 || wanted.length === 0) {
  process.stderr.write(`no such soak run: ${unknown.join(", ")}; there are ${known.join(", ") || "none"}\n`);
  process.exit(2);
}

await installDependencies();
const binary = await buildBinary();
let failed = 0;
for (const name of wanted) {
  const startedMs = performance.now();
  process.stderr.write(`soak: ${name} with seed ${seed}\n`);
  const environment = { ARTIFACTSTORE_TEST_SEED: seed, ARTIFACTSTORE_TEST_BINARY: binary };
  const { exitCode } = await runTool(bunPath(), [join(DIRECTORY, name)], { environment, show: true });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stderr.write(
    `soak: ${name} with seed ${seed}: ${exitCode === 0 ? "passed" : `exit ${exitCode}`}, ${seconds} s\n`,
  );
  if (exitCode !== 0) failed += 1;
}
process.stdout.write(`${wanted.length - failed} passed, ${failed} failed, 0 skipped\n`);
process.exit(failed > 0 ? 1 : 0);
