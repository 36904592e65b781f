import { type ContentAddress, contentAddressBytes } from "../../core/content-address.ts";
import type { ContainerConnection } from "./container-connection.ts";

const DIGEST_BYTES = 32;

/** Blobs on their way to another thread: a few buffers, however many blobs. */
export interface ContainerBatch {
  /** 32 bytes a blob. */
  readonly digests: Uint8Array<ArrayBuffer>;
  /** `NUMBERS_PER_BLOB` a blob: which memory, where in it, how many bytes. */
  readonly places: Uint32Array<ArrayBuffer>;
  readonly memories: readonly SharedArrayBuffer[];
  /** Milliseconds since 1970. */
  readonly storedAt: number;
}

const NUMBERS_PER_BLOB = 3;

export interface BatchedBlob {
  readonly address: ContentAddress;
  readonly bytes: Uint8Array;
}

/** Bytes that lie in shared memory stay where they are, and are not to be changed before the batch is committed. */
export function packBatch(blobs: readonly BatchedBlob[], storedAt: number): ContainerBatch {
  const digests = new Uint8Array(blobs.length * DIGEST_BYTES);
  const places = new Uint32Array(blobs.length * NUMBERS_PER_BLOB);
  const memories: SharedArrayBuffer[] = [];
  const copied = new CopiedBytes(blobs);
  let index = 0;
  for (const { address, bytes } of blobs) {
    const shared = isShared(bytes) ? bytes : copied.add(bytes);
    let memory = memories.indexOf(shared.buffer);
    if (memory < 0) memory = memories.push(shared.buffer) - 1;
    digests.set(contentAddressBytes(address), index * DIGEST_BYTES);
    places[index * NUMBERS_PER_BLOB] = memory;
    places[index * NUMBERS_PER_BLOB + 1] = shared.byteOffset;
    places[index * NUMBERS_PER_BLOB + 2] = shared.length;
    index += 1;
  }
  return { digests, places, memories, storedAt };
}

/** One shared memory for all that lies elsewhere. */
class CopiedBytes {
  readonly #memory: SharedArrayBuffer;
  #offset = 0;

  constructor(blobs: readonly BatchedBlob[]) {
    let total = 0;
    for (const { bytes } of blobs) if (!isShared(bytes)) total += bytes.length;
    this.#memory = new SharedArrayBuffer(total);
  }

  add(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
    const copy = new Uint8Array(this.#memory, this.#offset, bytes.length);
    copy.set(bytes);
    this.#offset += bytes.length;
    return copy;
  }
}

function isShared(bytes: Uint8Array): bytes is Uint8Array<SharedArrayBuffer> {
  return bytes.buffer instanceof SharedArrayBuffer;
}

/** Stores a batch within one transaction of the connection, or nothing of it. Throws SQLite's errors. */
export function commitBatch(connection: ContainerConnection, batch: ContainerBatch): void {
  connection.beginWrite();
  try {
    const { digests, places, memories } = batch;
    for (let index = 0; index * DIGEST_BYTES < digests.length; index++) {
      const at = index * NUMBERS_PER_BLOB;
      const shared = memories[places[at] ?? 0];
      if (shared === undefined) throw new Error(`batch names memory ${places[at]} of ${memories.length}`);
      const digest = digests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
      connection.insertAt(digest, new Uint8Array(shared, places[at + 1], places[at + 2]), batch.storedAt);
    }
    connection.commit();
  } catch (error) {
    connection.rollback();
    throw error;
  }
}
