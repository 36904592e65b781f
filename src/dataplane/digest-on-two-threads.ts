import { closeSync, fstatSync } from "node:fs";
import type { Blake3Engine } from "../core/digest.ts";
import { CHUNK_BYTES } from "./digest-file.ts";
import { FileCopy } from "./file-copy.ts";
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
  source: SourceFile,
  memory: SharedArrayBuffer,
  temporaryPath: string | undefined,
): Uint8Array {
  const ring = new SharedRing(memory);
  let copy: FileCopy | undefined;
  try {
    if (temporaryPath !== undefined) copy = new FileCopy(source.path, temporaryPath, source.sizeBytes);
    const blake3 = engine.create();
    // Slots that are hashed and not yet written: neighbours in memory, written by one call.
    let first = 0;
    for (let n = 0; ; n++) {
      const slot = ring.slotToDrain(n);
      blake3.update(slot);
      const isLast = slot.length < CHUNK_BYTES;
      if (!isLast && (n + 1) % SLOTS_PER_WRITE !== 0) continue;
      const bytes = (n - first) * CHUNK_BYTES + slot.length;
      if (bytes > 0) copy?.write(ring.slotsFrom(first, bytes));
      first = n + 1;
      ring.drain(n);
      if (slot.length === 0) break;
    }
    copy?.finish();
    return blake3.digest();
  } catch (error) {
    ring.followerFailed();
    copy?.discard();
    throw error;
  }
}

/** 4 MiB; the ring holds a multiple of it, so that such a run never wraps around. */
const SLOTS_PER_WRITE = 4;
