import { ArtifactstoreError } from "../core/errors.ts";
import { formatTimestamp } from "../core/timestamp.ts";
import type { StorageBackend } from "./blob-store.ts";
import { formatMarker, parseMarker, type StoreMarker } from "./marker.ts";

/** What ownership needs of a backend. */
export type MarkedBackend = Pick<StorageBackend, "id" | "marker">;

/** The marker of a backend; `undefined` if it has none. */
export async function readMarker(backend: MarkedBackend): Promise<StoreMarker | undefined> {
  const text = await backend.marker.read();
  return text === undefined ? undefined : parseMarker(text);
}

/**
 * Whether a registry may write, repair and delete here: the backend is its own, or empty and free to be claimed.
 *
 * @param registryId `undefined` for a registry without any package, which owns nothing yet
 * Throws `store_foreign` if it is another registry's, `store_unowned` if it holds something and has no marker: two
 * registries that collected in one store would delete each other's blobs.
 */
export async function checkOwnership(
  backend: MarkedBackend,
  registryId: string | undefined,
): Promise<"owned" | "empty"> {
  const marker = await readMarker(backend);
  if (marker !== undefined) {
    if (marker.registryId === registryId) return "owned";
    throw new ArtifactstoreError(
      "store_foreign",
      `Cannot use backend "${backend.id}": it belongs to registry "${marker.registryId}", not to ${registryId === undefined ? "a new one" : `"${registryId}"`}`,
    );
  }
  if (await backend.marker.isEmpty()) return "empty";
  // Another process may have claimed the store, and written, between the two questions.
  if ((await backend.marker.read()) !== undefined) return await checkOwnership(backend, registryId);
  throw new ArtifactstoreError(
    "store_unowned",
    `Cannot use backend "${backend.id}": it is not empty and has no marker`,
  );
}

/**
 * Makes sure that the registry owns the backend, claiming it if it is empty. Two registries that claim at once: one
 * gets it, the other gets `store_foreign`.
 *
 * @param now milliseconds since 1970
 */
export async function claimStore(backend: MarkedBackend, registryId: string, now: number): Promise<void> {
  if ((await checkOwnership(backend, registryId)) === "owned") return;
  const text = formatMarker({ registryId, createdAt: formatTimestamp(now) });
  if (await backend.marker.create(text)) return;
  await checkOwnership(backend, registryId);
}

/**
 * Gives the backend to the registry, whoever had it: `storage adopt`. Answers the id of the registry that had it.
 *
 * @param now milliseconds since 1970
 */
export async function adoptStore(
  backend: MarkedBackend,
  registryId: string,
  now: number,
): Promise<string | undefined> {
  const text = formatMarker({ registryId, createdAt: formatTimestamp(now) });
  if (await backend.marker.create(text)) return undefined;
  const previous = await previousOwner(backend);
  if (previous !== registryId) await backend.marker.replace(text);
  return previous;
}

/** A marker that cannot be read is replaced too: putting that right is what the command is for. */
async function previousOwner(backend: MarkedBackend): Promise<string | undefined> {
  try {
    return (await readMarker(backend))?.registryId;
  } catch (error) {
    if (error instanceof ArtifactstoreError && error.code === "store_damaged") return undefined;
    throw error;
  }
}
