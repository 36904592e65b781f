import { ArtifactstoreError } from "../core/errors.ts";
import { readRegistryId } from "../log/registry-id.ts";
import type { PackingOptions, PackingReport } from "../storage/blob-store.ts";
import { checkOwnership } from "../storage/ownership.ts";
import { backendOf } from "./own-stores.ts";
import type { RegistryContext } from "./registry-context.ts";

/**
 * Moves a backend's small blobs into its container, or every blob out of it. Contents and addresses stay, so nothing
 * is recorded. Throws `store_foreign`, `store_unowned`, and `configuration` for a backend without a container.
 */
export async function packStore(
  context: RegistryContext,
  backendId: string,
  direction: "pack" | "unpack",
  options: PackingOptions = {},
): Promise<PackingReport> {
  const backend = backendOf(context, backendId);
  if (backend.packing === undefined) {
    throw new ArtifactstoreError(
      "configuration",
      `Cannot ${direction} storage backend "${backendId}": its kind "${backend.blobs.properties.kind}" has no container`,
    );
  }
  const ownership = await checkOwnership(backend, await context.database.read(readRegistryId));
  if (ownership === "empty") return { movedCount: 0, movedBytes: 0 };
  return direction === "pack" ? await backend.packing.pack(options) : await backend.packing.unpack(options);
}
