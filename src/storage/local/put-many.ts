import { isArtifactstoreError } from "../../core/errors.ts";
import type { PutManyOptions, WholeBlob } from "../blob-store.ts";
import { COMMIT_BLOBS_MAX, COMMIT_BYTES_MAX, PLAIN_WRITES_MAX } from "./limits.ts";
import type { LocalParts } from "./parts.ts";
import { putBlob } from "./put.ts";

/**
 * Blobs that go into the container whatever else there is, in transactions of many; the others, and all of a
 * transaction that the container did not take, one by one as `put` does it.
 */
export async function putManyBlobs(
  parts: LocalParts,
  blobs: readonly WholeBlob[],
  options: PutManyOptions,
): Promise<void> {
  options.signal?.throwIfAborted();
  const simple: WholeBlob[] = [];
  const others: WholeBlob[] = [];
  for (const blob of blobs) (isForContainer(parts, blob) ? simple : others).push(blob);
  const batches = batchesOf(simple);
  const refused = await Promise.all(batches.map((batch) => insertAll(parts, batch, options)));
  await putEach(parts, [...others, ...refused.flat()], options);
}

/** Whether nothing but the container can hold the blob, before and after. */
function isForContainer(parts: LocalParts, { address, bytes }: WholeBlob): boolean {
  if (parts.packMaxBytes === 0 || bytes.length > parts.packMaxBytes) return false;
  try {
    return !parts.prefixes.mayHold(address);
  } catch {
    // `put` meets the same failure, and names it.
    return false;
  }
}

/** What the container did not take, for `put` to try, which knows what else can be done and says what failed. */
async function insertAll(
  parts: LocalParts,
  batch: readonly WholeBlob[],
  { signal }: PutManyOptions,
): Promise<readonly WholeBlob[]> {
  try {
    await parts.queue.insert(batch, signal);
    return [];
  } catch (error) {
    if (!isArtifactstoreError(error)) throw error;
    return batch;
  }
}

function batchesOf(blobs: readonly WholeBlob[]): WholeBlob[][] {
  const batches: WholeBlob[][] = [];
  let open: WholeBlob[] = [];
  let bytes = 0;
  for (const blob of blobs) {
    if (
      open.length === COMMIT_BLOBS_MAX ||
      (open.length > 0 && bytes + blob.bytes.length > COMMIT_BYTES_MAX)
    ) {
      batches.push(open);
      open = [];
      bytes = 0;
    }
    open.push(blob);
    bytes += blob.bytes.length;
  }
  if (open.length > 0) batches.push(open);
  return batches;
}

async function putEach(
  parts: LocalParts,
  blobs: readonly WholeBlob[],
  { signal }: PutManyOptions,
): Promise<void> {
  let next = 0;
  async function lane(): Promise<void> {
    for (let blob = blobs[next++]; blob !== undefined; blob = blobs[next++]) {
      const options = { size: blob.bytes.length, ...(signal === undefined ? {} : { signal }) };
      await putBlob(parts, blob.address, blob.bytes, options);
    }
  }
  await Promise.all(Array.from({ length: Math.min(PLAIN_WRITES_MAX, blobs.length) }, lane));
}
