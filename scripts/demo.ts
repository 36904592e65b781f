/**
 * `npx --yes bun@1.4.5 run demo`: from a fresh clone to a verified package, with nothing but Node and npm on the
 * machine. Installs from the lock file, compiles the binary, ingests the fixture run into a fresh store, verifies the
 * package and replays the log; prints what each command answered as one JSON document. Imports nothing that is
 * installed, because it runs before the installation.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { buildBinary } from "./build-binary.ts";
import { installDependencies } from "./install-dependencies.ts";
import { ROOT } from "./project.ts";
import { runScript } from "./run-script.ts";
import { requireTool } from "./run-tool.ts";

const RUN = join(ROOT, "test", "fixtures", "guide-board");

await runScript(async () => {
  const startedMs = performance.now();
  say("installing from the lock file");
  await installDependencies();
  say("compiling dist/artifactstore");
  const binary = await buildBinary();
  const directory = mkdtempSync(join(tmpdir(), "artifactstore-demo-"));
  try {
    const ingest = await runInside(binary, directory, "guide-board", "ingest", RUN);
    const verify = await runInside(binary, directory, "verify", String(ingest["package_id"]));
    const replay = await runInside(binary, directory, "log", "replay", "--check");
    process.stdout.write(`${JSON.stringify({ ingest, verify, replay }, undefined, 2)}\n`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  say(`done in ${seconds} s; the binary stays in dist/, the store is removed`);
  return 0;
});

/** Runs one command of the binary on the store in the directory, with no other settings; answers its JSON. */
async function runInside(
  binary: string,
  directory: string,
  ...args: string[]
): Promise<Record<string, unknown>> {
  say(`artifactstore ${args.join(" ")}`);
  const output = await requireTool(binary, args, {
    cwd: directory,
    cleanEnvironment: true,
    environment: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      ARTIFACTSTORE_DATABASE_URL: "sqlite:./registry/artifactstore.db",
      ARTIFACTSTORE_STORAGE_LOCAL_ROOT: "./storage",
    },
  });
  return JSON.parse(output) as Record<string, unknown>;
}

function say(text: string): void {
  process.stderr.write(`demo: ${text}\n`);
}
