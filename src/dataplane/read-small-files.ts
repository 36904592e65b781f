import { closeSync, fstatSync } from "node:fs";
import type { Blake3Engine } from "../core/digest.ts";
import { sha256 } from "./hash-engine.ts";
import { checkUnchanged, openUnchecked, readChunk, type SourceFile, sourceChanged } from "./source-file.ts";

/** Files read whole into one buffer, in order, with their digests. Everything in it can be moved between threads. */
export interface SmallFiles {
  /** The files' bytes, end to end, in the order they were asked for. Empty if the bytes were not wanted. */
  readonly bytes: Uint8Array;
  /** 64 bytes a file: BLAKE3, then SHA-256. */
  readonly digests: Uint8Array;
}

export const DIGESTS_BYTES = 64;

/** @param keepBytes whether the bytes are wanted, or only the digests */
export function readSmallFiles(
  engine: Blake3Engine,
  sources: readonly SourceFile[],
  keepBytes: boolean,
): SmallFiles {
  let totalBytes = 0;
  let largestBytes = 0;
  for (const { sizeBytes } of sources) {
    totalBytes += sizeBytes;
    largestBytes = Math.max(largestBytes, sizeBytes);
  }
  const bytes = new Uint8Array(keepBytes ? totalBytes : largestBytes);
  const digests = new Uint8Array(sources.length * DIGESTS_BYTES);
  let offset = 0;
  sources.forEach((source, index) => {
    const at = keepBytes ? offset : 0;
    readWhole(source, bytes, at);
    const content = bytes.subarray(at, at + source.sizeBytes);
    digests.set(engine.hash(content), index * DIGESTS_BYTES);
    digests.set(sha256(content), index * DIGESTS_BYTES + 32);
    offset += source.sizeBytes;
  });
  return { bytes: keepBytes ? bytes : new Uint8Array(0), digests };
}

/**
 * One comparison, after the last byte, sees all: another file in the walked one's place, and one that was written to
 * or grew, before or while it was read. What had been read by then is dropped.
 */
function readWhole(source: SourceFile, into: Uint8Array, at: number): void {
  const descriptor = openUnchecked(source);
  try {
    let total = 0;
    while (total < source.sizeBytes) {
      const count = readChunk(source, descriptor, into, at + total, source.sizeBytes - total);
      if (count === 0) throw sourceChanged(source, "shrank while it was read");
      total += count;
    }
    checkUnchanged(source, fstatSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
}
