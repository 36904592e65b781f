import { createReadStream, unlinkSync } from "node:fs";
import type { ContentAddress } from "../core/content-address.ts";
import type { StorageBackend, WholeBlob } from "../storage/blob-store.ts";
import { CHUNK_BYTES } from "./digest-file.ts";
import type { ReadFile } from "./read-unit.ts";
import type { SourceFile } from "./source-file.ts";

/** What was read of one file and has to become a blob of every target. */
export type ReadyBlob = Pick<ReadFile<SourceFile>, "address" | "bytes" | "temporaryPath"> & {
  readonly sizeBytes: number;
};

/**
 * Stores blobs in every target; resolves when all are durable and visible whole in all of them. The caller holds a
 * lease on every address. Equal blobs are stored once.
 *
 * Small blobs go from memory. A large one lies in a temporary file, which becomes the blob of the target that it was
 * made for (`adopter`), by rename; other targets get its bytes from there first. Ownership of the temporary files
 * passes to this function: none is left when it resolves or throws.
 */
export async function storeBlobs(
  blobs: readonly ReadyBlob[],
  targets: readonly StorageBackend[],
  adopter: StorageBackend | undefined,
): Promise<void> {
  const large = blobs.filter((blob) => blob.temporaryPath !== undefined);
  try {
    const small = new Map<ContentAddress, WholeBlob>();
    for (const { address, bytes } of blobs) if (bytes !== undefined) small.set(address, { address, bytes });
    const whole = [...small.values()];
    await Promise.all(targets.map((target) => putAll(whole, target)));
    for (const blob of large) await storeLarge(blob, targets, adopter);
  } finally {
    for (const { temporaryPath } of large) if (temporaryPath !== undefined) removeQuietly(temporaryPath);
  }
}

/** All at once where the store can; else as many puts at once as it has use for. */
async function putAll(blobs: readonly WholeBlob[], target: StorageBackend): Promise<void> {
  if (target.bulkPut !== undefined) return await target.bulkPut.putMany(blobs);
  let next = 0;
  async function lane(): Promise<void> {
    for (let blob = blobs[next++]; blob !== undefined; blob = blobs[next++]) {
      await target.blobs.put(blob.address, blob.bytes, { size: blob.bytes.length });
    }
  }
  const lanes = Math.min(target.blobs.properties.putConcurrency, blobs.length);
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function storeLarge(
  blob: ReadyBlob,
  targets: readonly StorageBackend[],
  adopter: StorageBackend | undefined,
): Promise<void> {
  const { address, sizeBytes, temporaryPath } = blob;
  if (temporaryPath === undefined) return;
  const others = targets.filter((target) => target !== adopter);
  await Promise.all(
    others.map((target) =>
      target.blobs.put(address, createReadStream(temporaryPath, { highWaterMark: CHUNK_BYTES }), {
        size: sizeBytes,
      }),
    ),
  );
  await adopter?.intake?.adopt(address, sizeBytes, temporaryPath);
}

/** An adopted file is no longer there; what cannot be removed is a leftover that `doctor` finds by its age. */
export function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    return;
  }
}
