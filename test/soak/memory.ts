/** Acceptance 9: peak memory with one file of 8 GiB, and with 50,000 small files. */
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { timedProcess } from "../../scripts/bench/timed-process.ts";
import { compiledBinary } from "../support/binary.ts";
import { writeGuideBoardRun } from "../support/guide-board-run.ts";
import { Installation } from "../support/installation.ts";
import { scaled } from "../support/soak-scale.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const PEAK_MAX_BYTES = 300_000_000;
const HUGE_BYTES = scaled(8 * 1024) * 1024 * 1024;
const SMALL_FILES = scaled(50_000);

let exceeded = 0;

async function measured(what: string, installation: Installation, args: readonly string[]): Promise<string> {
  const { ms, peakBytes, stdout } = await timedProcess([await compiledBinary(), ...args, "--quiet"], {
    environment: installation.environment,
    watchMemory: true,
  });
  const verdict = peakBytes > PEAK_MAX_BYTES ? "TOO MUCH" : "fine";
  if (peakBytes > PEAK_MAX_BYTES) exceeded += 1;
  process.stdout.write(
    `${what}: peak ${Math.round(peakBytes / 1e6)} MB, ${(ms / 1000).toFixed(1)} s: ${verdict}\n`,
  );
  return stdout;
}

async function measureRun(what: string, directory: string, arrange: (run: string) => void): Promise<void> {
  const run = join(directory, "run");
  arrange(run);
  const installation = new Installation(join(directory, "registry"));
  const stdout = await measured(`${what}, ingest`, installation, ["guide-board", "ingest", run]);
  const { package_id: id } = JSON.parse(stdout) as { package_id: string };
  await measured(`${what}, ingest again`, installation, ["guide-board", "ingest", run]);
  await measured(`${what}, verify`, installation, ["verify", id]);
  await measured(`${what}, pull`, installation, ["pull", id, join(directory, "pulled")]);
  await measured(`${what}, log replay --check`, installation, ["log", "replay", "--check"]);
  await measured(`${what}, doctor --deep`, installation, ["doctor", "--deep"]);
  rmSync(directory, { recursive: true });
}

await withTemporaryDirectory(async (directory) => {
  const huge = join(directory, "huge");
  mkdirSync(huge);
  await measureRun("one file of 8 GiB", huge, (run) => {
    writeGuideBoardRun(run);
    const descriptor = openSync(join(run, "artifacts", "sparse.bin"), "w");
    ftruncateSync(descriptor, HUGE_BYTES);
    closeSync(descriptor);
  });
  const small = join(directory, "small");
  mkdirSync(small);
  await measureRun(`${SMALL_FILES} files of 4 KiB`, small, (run) => {
    writeGuideBoardRun(run, { extraFiles: SMALL_FILES, fileSizeBytes: 4096 });
  });
});
process.exit(exceeded > 0 ? 1 : 0);
