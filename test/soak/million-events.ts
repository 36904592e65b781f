/** A log of 1 million events: checked, rebuilt and read, with the peak memory of each. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { timedProcess } from "../../scripts/bench/timed-process.ts";
import { compiledBinary } from "../support/binary.ts";
import { fillLog } from "../support/fill-log.ts";
import { Installation } from "../support/installation.ts";
import { scaled } from "../support/soak-scale.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const PEAK_MAX_BYTES = 300_000_000;

await withTemporaryDirectory(async (directory) => {
  const place = join(directory, "registry");
  mkdirSync(place);
  const { environment } = new Installation(place);
  const startedMs = performance.now();
  const events = await fillLog(environment, directory, scaled(1_000_000));
  const filledMs = performance.now() - startedMs;
  process.stdout.write(`recorded ${events} events in ${(filledMs / 1000).toFixed(1)} s\n`);
  let exceeded = 0;
  for (const args of [
    ["log", "replay", "--check"],
    ["log", "replay"],
    ["log", "replay", "--check"],
    ["packages", "list"],
  ]) {
    const run = { environment, watchMemory: true };
    const { ms, peakBytes } = await timedProcess([await compiledBinary(), ...args, "--quiet"], run);
    if (peakBytes > PEAK_MAX_BYTES) exceeded += 1;
    const rate = Math.round(events / (ms / 1000));
    process.stdout.write(
      `${args.join(" ")}: ${(ms / 1000).toFixed(1)} s, ${rate} events a second, peak ${Math.round(peakBytes / 1e6)} MB\n`,
    );
  }
  process.exitCode = exceeded > 0 ? 1 : 0;
});
