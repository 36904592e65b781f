import type { StorageBackend } from "../storage/blob-store.ts";
import type { RegistryContext } from "./registry-context.ts";
import { isPastGrace } from "./unreferenced-tally.ts";

/**
 * Removes the temporary files of one backend that are older than the grace. A file that is being written is young: it
 * changes with every write, and becomes a blob right after the last. One that goes missing all the same fails its
 * ingest before anything is recorded of it.
 */
export async function reclaimLeftovers(
  context: RegistryContext,
  backend: StorageBackend,
  options: { readonly signal?: AbortSignal } = {},
): Promise<{ readonly count: number; readonly sizeBytes: number }> {
  let count = 0;
  let sizeBytes = 0;
  for await (const { name, size, modifiedAt } of backend.leftovers.list()) {
    options.signal?.throwIfAborted();
    if (!isPastGrace(modifiedAt, context.clock(), context.orphanGraceMs)) continue;
    await backend.leftovers.remove(name);
    count += 1;
    sizeBytes += size;
  }
  return { count, sizeBytes };
}
