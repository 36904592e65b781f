import { type Contestant, median } from "./contest.ts";

/** The same contestant, whose run is the median of several. */
export function repeated(contestant: Contestant, times: number): Contestant {
  return {
    ...contestant,
    async run(round) {
      const samples: number[] = [];
      let peakBytes = 0;
      for (let time = 0; time < times; time++) {
        const timing = await contestant.run(round);
        samples.push(timing.ms);
        peakBytes = Math.max(peakBytes, timing.peakBytes ?? 0);
      }
      return { ms: median(samples), peakBytes };
    },
  };
}
