/** `bun run build [--target bun-linux-arm64] [--outfile PATH]`: compiles `dist/artifactstore`. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { buildBinary } from "./build-binary.ts";
import { installDependencies } from "./install-dependencies.ts";
import { runScript } from "./run-script.ts";

await runScript(async () => {
  const { values } = parseArgs({ options: { target: { type: "string" }, outfile: { type: "string" } } });
  await installDependencies();
  const path = await buildBinary({
    ...(values.target === undefined ? {} : { target: values.target }),
    ...(values.outfile === undefined ? {} : { outputPath: resolve(values.outfile) }),
  });
  process.stdout.write(`${path} ${statSync(path).size} bytes\n`);
  return 0;
});
