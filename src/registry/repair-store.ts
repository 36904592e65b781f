import { type ContentAddress, contentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { ERRORS_LISTED_MAX } from "../core/limits.ts";
import { readRegistryId } from "../log/registry-id.ts";
import { checkOwnership } from "../storage/ownership.ts";
import { type AffectedFile, filesOfBlob } from "../views/query-blobs.ts";
import { backendOf } from "./own-stores.ts";
import type { RegistryContext } from "./registry-context.ts";

export interface StoreRepair {
  readonly keptBlobs: number;
  /** Blobs whose bytes are lost here, each with the files that name it. */
  readonly lostBlobs: readonly {
    readonly address: ContentAddress;
    readonly files: readonly AffectedFile[];
  }[];
  /** Beside the container, under this name. */
  readonly damagedFile: string;
}

/**
 * Puts a backend's damaged container right: what can be read and has its digest goes into a new one, the rest is dropped
 * and named with every file that it harms. A dropped blob is stored again by the next ingest of a package that holds it.
 * Nothing is recorded: what the log says of these files has not changed.
 *
 * Throws `store_foreign`, `store_unowned`, `store_damaged` (there is no container), `backend_unavailable` (another
 * process has it open), and `configuration` for a backend without a container.
 */
export async function repairStore(
  context: RegistryContext,
  backendId: string,
  signal?: AbortSignal,
): Promise<StoreRepair> {
  const backend = backendOf(context, backendId);
  if (backend.packing === undefined) {
    throw new ArtifactstoreError(
      "configuration",
      `Cannot repair storage backend "${backendId}": its kind "${backend.blobs.properties.kind}" has no container`,
    );
  }
  await checkOwnership(backend, await context.database.read(readRegistryId));
  const repaired = await backend.packing.repair({
    isGenuine: (address, bytes) => contentAddress(context.blake3.hash(bytes)) === address,
    ...(signal === undefined ? {} : { signal }),
  });
  const lostBlobs = await context.database.read(async (reader) => {
    const lost: { address: ContentAddress; files: readonly AffectedFile[] }[] = [];
    for (const address of repaired.dropped) {
      lost.push({ address, files: await filesOfBlob(reader, backendId, address, ERRORS_LISTED_MAX) });
    }
    return lost;
  });
  return { keptBlobs: repaired.keptCount, lostBlobs, damagedFile: repaired.damagedFile };
}
