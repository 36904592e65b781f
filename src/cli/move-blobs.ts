import { packStore } from "../registry/pack-store.ts";
import type { CommandContext } from "./command-context.ts";
import { withRegistry } from "./with-registry.ts";

export const BACKEND_ARGUMENT = {
  backend: { type: "string", description: "Storage backend (local)", valueHint: "id" },
} as const;

/** What `storage pack` and `storage unpack` have in common. */
export async function moveBlobs(
  context: CommandContext,
  backend: string | undefined,
  direction: "pack" | "unpack",
): Promise<number> {
  const progress = context.startProgress(direction === "pack" ? "Packing" : "Unpacking");
  const backendId = backend ?? (await import("../compose.ts")).LOCAL_BACKEND_ID;
  // Nothing is recorded, so that reading the registry is enough.
  const report = await withRegistry(context, "read", (registry) =>
    packStore(registry, backendId, direction, {
      signal: context.signal,
      onProgress: ({ movedCount, movedBytes }) => progress.update({ files: movedCount, bytes: movedBytes }),
    }),
  ).finally(progress.finish);
  await context.out.json({
    backend_id: backendId,
    moved_blobs: report.movedCount,
    moved_bytes: report.movedBytes,
  });
  return 0;
}
