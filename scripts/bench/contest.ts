import { spawnSync } from "node:child_process";
import type { Measurement, MedianTime } from "./bench-row.ts";

/** Somebody who does the work of a row. */
export interface Contestant {
  readonly name: string;
  /** One run, from a clean start; answers what the work itself took. */
  run(round: number): Promise<{ readonly ms: number; readonly peakBytes?: number }>;
  /** Why it does not take part. */
  readonly absent?: string | undefined;
}

export interface ContestOptions {
  readonly rounds: number;
  /** Which time of the peers counts. */
  readonly yardstick: "fastest" | "slowest";
  /** Brings the sources back into the page cache; not timed. */
  readonly warm?: () => void;
}

/**
 * All contestants in turn, `rounds` times over, so that whatever else the machine does meets all of them. The first of
 * them is ours. What earlier runs left to be written is on disk before the next one starts.
 */
export async function contest(
  contestants: readonly Contestant[],
  options: ContestOptions,
): Promise<Measurement> {
  const present = contestants.filter((contestant) => contestant.absent === undefined);
  const samples = new Map<string, number[]>(present.map(({ name }) => [name, []]));
  let peakBytes = 0;
  for (let round = 0; round < options.rounds; round++) {
    for (const contestant of present) {
      options.warm?.();
      spawnSync("sync");
      const timing = await contestant.run(round);
      samples.get(contestant.name)?.push(timing.ms);
      if (contestant === present[0]) peakBytes = Math.max(peakBytes, timing.peakBytes ?? 0);
    }
  }
  const times: MedianTime[] = [...samples].map(([name, ms]) => ({ name, ms: median(ms) }));
  const peers = times.slice(1).sort((left, right) => left.ms - right.ms);
  const against = options.yardstick === "fastest" ? peers[0] : peers.at(-1);
  return {
    times,
    ...(against === undefined ? {} : { against }),
    ...(peakBytes === 0 ? {} : { peakBytes }),
    notes: contestants.flatMap(({ name, absent }) =>
      absent === undefined ? [] : [`${name} does not take part: ${absent}`],
    ),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
