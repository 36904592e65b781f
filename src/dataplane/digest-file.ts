import { closeSync, fstatSync } from "node:fs";
import type { Blake3Engine } from "../core/digest.ts";
import { type CopyCalls, copyCalls, FileCopy, WRITE_BYTES } from "./file-copy.ts";
import { createSha256 } from "./hash-engine.ts";
import { checkUnchanged, openSource, readChunk, type SourceFile, sourceChanged } from "./source-file.ts";

/** One read of a file. 1 MiB: large enough that calls cost nothing, small enough to stay in the second-level cache. */
export const CHUNK_BYTES = 1_048_576;

/** Both digests of one file, 32 bytes each. */
export interface FileDigests {
  readonly blake3: Uint8Array;
  readonly sha256: Uint8Array;
}

/** Reads the file once and answers both digests. */
export function digestFile(engine: Blake3Engine, source: SourceFile): FileDigests {
  return readSource(engine, source, CHUNK_BYTES, () => {});
}

/**
 * Reads the file once, answers both digests, and leaves a complete, fsynced copy at `temporaryPath`, which did not
 * exist before. On any failure the copy is removed again.
 */
export function digestAndCopyFile(
  engine: Blake3Engine,
  source: SourceFile,
  temporaryPath: string,
  calls: CopyCalls = copyCalls,
): FileDigests {
  const copy = new FileCopy(source.path, temporaryPath, source.sizeBytes, calls);
  try {
    const digests = readSource(engine, source, WRITE_BYTES, (block) => copy.write(block));
    copy.finish();
    return digests;
  } catch (error) {
    copy.discard();
    throw error;
  }
}

/**
 * Hashes a file chunk by chunk as it is read, and passes it on block by block; a block is only valid during the call,
 * and all but the last have `blockBytes`.
 */
function readSource(
  engine: Blake3Engine,
  source: SourceFile,
  blockBytes: number,
  pass: (block: Uint8Array) => void,
): FileDigests {
  const descriptor = openSource(source);
  try {
    const blake3 = engine.create();
    const sha256 = createSha256();
    const buffer = Buffer.allocUnsafeSlow(Math.min(blockBytes, Math.max(source.sizeBytes, 1)));
    let filled = 0;
    let total = 0;
    for (;;) {
      const count = readChunk(
        source,
        descriptor,
        buffer,
        filled,
        Math.min(CHUNK_BYTES, buffer.length - filled),
      );
      if (count === 0) break;
      total += count;
      // A file that grows as fast as it is read would never end.
      if (total > source.sizeBytes) throw sourceChanged(source, "grew while it was read");
      const chunk = buffer.subarray(filled, filled + count);
      blake3.update(chunk);
      sha256.update(chunk);
      filled += count;
      if (filled < buffer.length) continue;
      pass(buffer);
      filled = 0;
    }
    if (filled > 0) pass(buffer.subarray(0, filled));
    if (total !== source.sizeBytes) throw sourceChanged(source, "shrank while it was read");
    checkUnchanged(source, fstatSync(descriptor));
    return { blake3: blake3.digest(), sha256: sha256.digest() };
  } finally {
    closeSync(descriptor);
  }
}
