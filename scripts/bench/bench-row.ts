import type { Workbench } from "./workbench.ts";

/** One line of the table. */
export interface BenchRow {
  /** As `bun run bench NAME` takes it; the file's name. */
  readonly name: string;
  readonly work: string;
  /** The ratio of our time to the peer's that is promised; `undefined`: reported only. */
  readonly atMost?: number;
  measure(bench: Workbench): Promise<Measurement>;
}

export interface Measurement {
  /** Medians, milliseconds; ours first. */
  readonly times: readonly MedianTime[];
  /** What ours is compared with; `undefined`: nothing, or no peer is installed. */
  readonly against?: { readonly name: string; readonly ms: number };
  /** Peak resident memory of our process, bytes. */
  readonly peakBytes?: number;
  readonly notes: readonly string[];
}

export interface MedianTime {
  readonly name: string;
  readonly ms: number;
}
