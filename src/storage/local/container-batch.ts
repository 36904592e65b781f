import { type ContentAddress, contentAddress, contentAddressBytes } from "../../core/content-address.ts";
import type { ContainerConnection } from "./container-connection.ts";

const DIGEST_BYTES = 32;

/** Blobs on their way to another thread: three buffers, however many blobs. */
export interface ContainerBatch {
  /** 32 bytes a blob. */
  readonly digests: Uint8Array;
  /** Bytes a blob. */
  readonly sizes: Uint32Array;
  /** The blobs, end to end. */
  readonly bytes: Uint8Array;
  /** Milliseconds since 1970. */
  readonly storedAt: number;
}

export interface BatchedBlob {
  readonly address: ContentAddress;
  readonly bytes: Uint8Array;
}

export function packBatch(blobs: readonly BatchedBlob[], storedAt: number): ContainerBatch {
  const digests = new Uint8Array(blobs.length * DIGEST_BYTES);
  const sizes = Uint32Array.from(blobs, (blob) => blob.bytes.length);
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  let offset = 0;
  for (const [index, blob] of blobs.entries()) {
    digests.set(contentAddressBytes(blob.address), index * DIGEST_BYTES);
    bytes.set(blob.bytes, offset);
    offset += blob.bytes.length;
  }
  return { digests, sizes, bytes, storedAt };
}

/** Stores a batch within one transaction of the connection, or nothing of it. Throws SQLite's errors. */
export function commitBatch(connection: ContainerConnection, batch: ContainerBatch): void {
  connection.beginWrite();
  try {
    let offset = 0;
    for (const [index, size] of batch.sizes.entries()) {
      const at = index * DIGEST_BYTES;
      const address = contentAddress(batch.digests.subarray(at, at + DIGEST_BYTES));
      connection.insert(address, batch.bytes.subarray(offset, offset + size), batch.storedAt);
      offset += size;
    }
    connection.commit();
  } catch (error) {
    connection.rollback();
    throw error;
  }
}
