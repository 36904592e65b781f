import { basename } from "node:path";
import type { StorageBackend } from "../storage/blob-store.ts";
import type { ReclaimFailures } from "./reclaim-failures.ts";
import type { RegistryContext } from "./registry-context.ts";
import { isPastGrace } from "./unreferenced-tally.ts";
import { uploadFileNames } from "./uploads/end-uploads.ts";

/**
 * Removes the temporary files of one backend that are older than the grace. A file that is being written is young: it
 * changes with every write, and becomes a blob right after the last. One that goes missing all the same fails its
 * ingest before anything is recorded of it. The file of an upload that is open may be old, and is left alone.
 */
export async function reclaimLeftovers(
  context: RegistryContext,
  backend: StorageBackend,
  failures: ReclaimFailures,
  options: { readonly signal?: AbortSignal } = {},
): Promise<{ readonly count: number; readonly sizeBytes: number }> {
  let count = 0;
  let sizeBytes = 0;
  try {
    const open = await uploadFileNames(context);
    for await (const { name, size, modifiedAt } of backend.leftovers.list()) {
      options.signal?.throwIfAborted();
      if (open.has(basename(name))) continue;
      if (!isPastGrace(modifiedAt, context.clock(), context.orphanGraceMs)) continue;
      try {
        await backend.leftovers.remove(name);
      } catch (error) {
        failures.add(error, 1);
        continue;
      }
      count += 1;
      sizeBytes += size;
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    failures.add(error, 0);
  }
  return { count, sizeBytes };
}
