import { closeSync, fstatSync } from "node:fs";
import type { Blake3Engine } from "../core/digest.ts";
import { CHUNK_BYTES, type FileCopy, openCopy } from "./digest-file.ts";
import { createSha256 } from "./hash-engine.ts";
import { SharedRing } from "./shared-ring.ts";
import { checkUnchanged, openSource, readChunk, type SourceFile, sourceChanged } from "./source-file.ts";

/**
 * The reader's half: reads the file, fills the ring, computes SHA-256 (the slower digest) over what it read.
 * @returns SHA-256, 32 bytes
 */
export function readIntoRing(source: SourceFile, memory: SharedArrayBuffer): Uint8Array {
  const ring = new SharedRing(memory);
  try {
    const descriptor = openSource(source);
    try {
      const sha256 = createSha256();
      let total = 0;
      for (let n = 0; ; n++) {
        const slot = ring.slotToFill(n);
        const count = readChunk(source, descriptor, slot, 0, CHUNK_BYTES);
        total += count;
        if (total > source.sizeBytes) throw sourceChanged(source, "grew while it was read");
        // The end is announced only after the last comparison: a follower that finished has a good copy.
        if (count === 0) {
          if (total !== source.sizeBytes) throw sourceChanged(source, "shrank while it was read");
          checkUnchanged(source, fstatSync(descriptor));
        }
        ring.fill(n, count);
        if (count === 0) return sha256.digest();
        sha256.update(slot.subarray(0, count));
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    ring.readerFailed();
    throw error;
  }
}

/**
 * The follower's half: computes BLAKE3 over the ring and, if a path is given, writes the copy and fsyncs it.
 * @returns BLAKE3, 32 bytes
 */
export function followRing(
  engine: Blake3Engine,
  name: string,
  memory: SharedArrayBuffer,
  temporaryPath: string | undefined,
): Uint8Array {
  const ring = new SharedRing(memory);
  let copy: FileCopy | undefined;
  try {
    if (temporaryPath !== undefined) copy = openCopy(name, temporaryPath);
    const blake3 = engine.create();
    for (let n = 0; ; n++) {
      const slot = ring.slotToDrain(n);
      if (slot.length === 0) break;
      blake3.update(slot);
      copy?.write(slot);
      ring.drain(n);
    }
    copy?.finish();
    return blake3.digest();
  } catch (error) {
    ring.followerFailed();
    copy?.discard();
    throw error;
  }
}
