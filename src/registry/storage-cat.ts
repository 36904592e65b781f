import { type ContentAddress, parseContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError, isArtifactstoreError } from "../core/errors.ts";
import { verifiedChunks } from "../dataplane/verified-chunks.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { backendOf } from "./own-stores.ts";
import type { RegistryContext } from "./registry-context.ts";

/**
 * A blob's bytes, from the backend that is named, else from the first one that has it; the last chunk is withheld
 * until the digest of the whole is right. Throws `invalid_input` (no content address), `blob_not_found`; while it is
 * read, `blob_damaged`.
 */
export async function readBlob(
  context: RegistryContext,
  address: string,
  backendId?: string,
  signal?: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const parsed = parseContentAddress(address);
  const backends = backendId === undefined ? [...context.backends.values()] : [backendOf(context, backendId)];
  for (const backend of backends) {
    const body = await openBody(backend, parsed, signal);
    if (body !== undefined) return verifiedChunks(context.blake3, parsed, damageAs(parsed, body));
  }
  const where = backendId === undefined ? "any backend" : `backend "${backendId}"`;
  throw new ArtifactstoreError("blob_not_found", `Cannot find blob "${parsed}": it is not on ${where}`);
}

async function openBody(backend: StorageBackend, address: ContentAddress, signal: AbortSignal | undefined) {
  try {
    return await backend.blobs.get(address, signal === undefined ? {} : { signal });
  } catch (error) {
    throw asDamage(address, error);
  }
}

async function* damageAs(address: ContentAddress, body: AsyncIterable<Uint8Array>) {
  try {
    yield* body;
  } catch (error) {
    throw asDamage(address, error);
  }
}

/** Damage to the store, met while one blob is read, is damage to that blob. */
function asDamage(address: ContentAddress, error: unknown): unknown {
  if (!isArtifactstoreError(error, "store_damaged")) return error;
  return new ArtifactstoreError("blob_damaged", `Cannot read blob "${address}": ${error.message}`, {
    cause: error,
  });
}
