import type { ContentAddress } from "../../core/content-address.ts";
import type { BlobBody, PutOptions } from "../blob-store.ts";
import { gatherBody, wrongSize } from "../body.ts";
import { isContainerUnfit } from "./container-queue.ts";
import { removePlain } from "./delete.ts";
import { attemptNow } from "./failure.ts";
import type { FileFacts } from "./file-system.ts";
import type { LocalParts } from "./parts.ts";
import { blobPath } from "./paths.ts";
import { writePlain } from "./plain-put.ts";
import { syncName } from "./plain-write.ts";

/** Small blobs into the container, others into a file of their own; a wrong copy in the other place goes. */
export async function putBlob(
  parts: LocalParts,
  address: ContentAddress,
  body: BlobBody,
  options: PutOptions,
): Promise<void> {
  options.signal?.throwIfAborted();
  if (body instanceof Uint8Array && body.length !== options.size)
    throw wrongSize(address, options.size, body.length);
  const isSmall = parts.packMaxBytes > 0 && options.size <= parts.packMaxBytes;
  const plain = attemptNow(`store blob "${address}"`, () =>
    isSmall && !parts.prefixes.mayHold(address)
      ? undefined
      : parts.fileSystem.look.factsNow(blobPath(parts.root, address)),
  );
  if (options.size > parts.packMaxBytes || isIntact(plain, options.size)) {
    return await putFile(parts, address, body, options, plain);
  }
  const bytes = body instanceof Uint8Array ? body : await gatherBody(address, body, options);
  try {
    await parts.queue.insert([{ address, bytes }], options.signal);
  } catch (error) {
    if (!isContainerUnfit(error)) throw error;
    // The blob must not wait for a repair. Reading looks in both places, and a damaged container hides no file.
    return await writePlain(parts, address, bytes, options);
  }
  if (plain !== undefined) await removePlain(parts, address);
}

/** Order: the file durable first, then a wrong copy in the container goes, which would be read in its place. */
async function putFile(
  parts: LocalParts,
  address: ContentAddress,
  body: BlobBody,
  options: PutOptions,
  plain: FileFacts | undefined,
): Promise<void> {
  const packedSize = packedSizeIfReadable(parts, address);
  if (packedSize === options.size) return;
  if (isIntact(plain, options.size) && !parts.suspects.has(address)) await syncName(parts, address);
  else await writePlain(parts, address, body, options);
  if (packedSize !== undefined) await parts.queue.remove(address);
}

/** What the container holds; damage there is no reason not to write a file. */
export function packedSizeIfReadable(parts: LocalParts, address: ContentAddress): number | undefined {
  try {
    return parts.container.forReading()?.stat(address)?.size;
  } catch {
    return undefined;
  }
}

export function isIntact(plain: FileFacts | undefined, size: number): boolean {
  return plain?.isFile === true && plain.size === size;
}
