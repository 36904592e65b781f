import { fillLog } from "../../test/support/fill-log.ts";
import type { BenchRow } from "./bench-row.ts";
import { median } from "./contest.ts";
import { ours, registryAt } from "./our-program.ts";

/** A replay of a million events takes long enough that its noise is small. */
const ROUNDS_MAX = 3;

export const row: BenchRow = {
  name: "replay",
  work: "log replay --check of 1 million events",
  async measure(bench) {
    const registry = bench.fresh("ours");
    const events = await fillLog(registryAt(registry), registry, bench.scaled(1_000_000));
    const samples: number[] = [];
    let peakBytes = 0;
    for (let round = 0; round < Math.min(bench.rounds, ROUNDS_MAX); round++) {
      const timing = await ours(bench, registry, ["log", "replay", "--check"]);
      samples.push(timing.ms);
      peakBytes = Math.max(peakBytes, timing.peakBytes);
    }
    const ms = median(samples);
    const rate = Math.round(events / (ms / 1000)).toLocaleString("en");
    return {
      times: [{ name: "artifactstore", ms }],
      peakBytes,
      notes: [`${events.toLocaleString("en")} events, ${rate} events a second`],
    };
  },
};
