import { join } from "node:path";
import { fillLog } from "../../test/support/fill-log.ts";
import type { BenchRow } from "./bench-row.ts";
import { ours, registryAt } from "./our-program.ts";
import type { Workbench } from "./workbench.ts";

/** One step of a log's way, each from a registry of a million events. */
interface Step {
  readonly name: string;
  readonly work: string;
  /** Makes what the step wants, untimed; answers the registry to work on and the arguments. */
  prepare(bench: Workbench, filled: string): Promise<{ registry: string; args: readonly string[] }>;
}

const STEPS: readonly Step[] = [
  {
    name: "log-export",
    work: "log export of 1 million events",
    async prepare(_, filled) {
      return { registry: filled, args: ["log", "export", join(filled, "registry.log")] };
    },
  },
  {
    name: "log-import",
    work: "log import of 1 million events into an empty registry, proof included",
    async prepare(bench, filled) {
      const file = join(filled, "registry.log");
      await ours(bench, filled, ["log", "export", file]);
      return { registry: bench.fresh("empty"), args: ["log", "import", file] };
    },
  },
  {
    name: "log-rebuild",
    work: "log replay of 1 million events",
    async prepare(_, filled) {
      return { registry: filled, args: ["log", "replay"] };
    },
  },
];

/** Each is done once: it takes minutes, so that its noise is small. */
export const rows: readonly BenchRow[] = STEPS.map(({ name, work, prepare }) => ({
  name,
  work,
  async measure(bench) {
    const filled = bench.fresh("ours");
    const events = await fillLog(registryAt(filled), filled, bench.scaled(1_000_000));
    const { registry, args } = await prepare(bench, filled);
    const { ms, peakBytes } = await ours(bench, registry, args);
    const rate = Math.round(events / (ms / 1000)).toLocaleString("en");
    return {
      times: [{ name: "artifactstore", ms }],
      peakBytes,
      notes: [`${events.toLocaleString("en")} events, ${rate} events a second`],
    };
  },
}));
