import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Timing, timedProcess } from "./timed-process.ts";
import type { Workbench } from "./workbench.ts";

/** The settings of a registry and its store below a directory. */
export function registryAt(directory: string): Record<string, string> {
  return {
    ARTIFACTSTORE_DATABASE_URL: `sqlite:${join(directory, "registry.db")}`,
    ARTIFACTSTORE_STORAGE_LOCAL_ROOT: join(directory, "store"),
  };
}

/** Runs our program on a registry, quietly, and watches its memory. */
export function ours(bench: Workbench, registry: string, args: readonly string[]): Promise<Timing> {
  return timedProcess([bench.binary, ...args, "--quiet"], {
    environment: registryAt(registry),
    watchMemory: true,
  });
}

export function ingest(bench: Workbench, registry: string, run: string): Promise<Timing> {
  return ours(bench, registry, ["guide-board", "ingest", run]);
}

/** Ingests into a fresh registry that is gone afterwards. */
export async function freshIngest(bench: Workbench, run: string): Promise<Timing> {
  const registry = bench.fresh("ours");
  const timing = await ingest(bench, registry, run);
  rmSync(registry, { recursive: true });
  return timing;
}

/** A registry that holds the run, and the package's id. */
export async function ingested(
  bench: Workbench,
  run: string,
): Promise<{ readonly registry: string; readonly packageId: string }> {
  const registry = bench.fresh("ours");
  const { stdout } = await ingest(bench, registry, run);
  return { registry, packageId: (JSON.parse(stdout) as { package_id: string }).package_id };
}
