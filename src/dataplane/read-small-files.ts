import { closeSync, fstatSync } from "node:fs";
import type { Blake3Engine } from "../core/digest.ts";
import { sha256 } from "./hash-engine.ts";
import { checkUnchanged, openUnchecked, readChunk, type SourceFile, sourceChanged } from "./source-file.ts";

/** BLAKE3, then SHA-256. */
export const DIGESTS_BYTES = 64;

/**
 * Reads files whole, in order.
 *
 * @param memory takes the files' bytes, end to end, if they are wanted
 * @returns `DIGESTS_BYTES` a file
 */
export function readSmallFiles(
  engine: Blake3Engine,
  sources: readonly SourceFile[],
  memory: SharedArrayBuffer | undefined,
): Uint8Array {
  const largestBytes = sources.reduce((largest, { sizeBytes }) => Math.max(largest, sizeBytes), 0);
  const bytes = new Uint8Array(memory ?? new ArrayBuffer(largestBytes));
  const digests = new Uint8Array(sources.length * DIGESTS_BYTES);
  let offset = 0;
  sources.forEach((source, index) => {
    const at = memory === undefined ? 0 : offset;
    readWhole(source, bytes, at);
    const content = bytes.subarray(at, at + source.sizeBytes);
    digests.set(engine.hash(content), index * DIGESTS_BYTES);
    digests.set(sha256(content), index * DIGESTS_BYTES + 32);
    offset += source.sizeBytes;
  });
  return digests;
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
