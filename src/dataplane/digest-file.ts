import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  openSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { Blake3Engine } from "../core/digest.ts";
import { createSha256 } from "./hash-engine.ts";
import { checkUnchanged, openSource, readChunk, type SourceFile, sourceChanged } from "./source-file.ts";
import { writeFailure } from "./write-failure.ts";

/** One read of a file. 1 MiB: large enough that calls cost nothing, small enough to stay in the second-level cache. */
export const CHUNK_BYTES = 1_048_576;

/**
 * A copy is handed to the disk after so many bytes, so that writing overlaps with reading and hashing and the fsync at
 * the end has little left to do.
 */
export const WRITE_BACK_BYTES = 67_108_864;

/** Both digests of one file, 32 bytes each. */
export interface FileDigests {
  readonly blake3: Uint8Array;
  readonly sha256: Uint8Array;
}

/** The calls that make a copy durable; tests let each of them fail. */
export interface CopyCalls {
  create(path: string): number;
  write(descriptor: number, bytes: Uint8Array): number;
  flush(descriptor: number): void;
  sync(descriptor: number): void;
  close(descriptor: number): void;
  remove(path: string): void;
}

export const copyCalls: CopyCalls = {
  create: (path) =>
    openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o444),
  write: (descriptor, bytes) => writeSync(descriptor, bytes),
  flush: (descriptor) => fdatasyncSync(descriptor),
  sync: (descriptor) => fsyncSync(descriptor),
  close: (descriptor) => closeSync(descriptor),
  remove: (path) => unlinkSync(path),
};

/** Reads the file once and answers both digests. */
export function digestFile(engine: Blake3Engine, source: SourceFile): FileDigests {
  const blake3 = engine.create();
  const sha256 = createSha256();
  readSource(source, (chunk) => {
    blake3.update(chunk);
    sha256.update(chunk);
  });
  return { blake3: blake3.digest(), sha256: sha256.digest() };
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
  const copy = openCopy(source.path, temporaryPath, calls);
  try {
    const blake3 = engine.create();
    const sha256 = createSha256();
    readSource(source, (chunk) => {
      blake3.update(chunk);
      sha256.update(chunk);
      copy.write(chunk);
    });
    copy.finish();
    return { blake3: blake3.digest(), sha256: sha256.digest() };
  } catch (error) {
    copy.discard();
    throw error;
  }
}

/** Calls `take` with every chunk in order; the chunk is only valid during the call. */
function readSource(source: SourceFile, take: (chunk: Uint8Array) => void): void {
  const descriptor = openSource(source);
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, Math.max(source.sizeBytes, 1)));
    let total = 0;
    for (;;) {
      const count = readChunk(source, descriptor, buffer, 0, buffer.length);
      if (count === 0) break;
      total += count;
      // A file that grows as fast as it is read would never end.
      if (total > source.sizeBytes) throw sourceChanged(source, "grew while it was read");
      take(count === buffer.length ? buffer : buffer.subarray(0, count));
    }
    if (total !== source.sizeBytes) throw sourceChanged(source, "shrank while it was read");
    checkUnchanged(source, fstatSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

export interface FileCopy {
  write(chunk: Uint8Array): void;
  /** fsyncs and closes; the copy is complete and on the disk. */
  finish(): void;
  /** Closes and removes whatever there is. Never throws: the first failure is the one that counts. */
  discard(): void;
}

export function openCopy(name: string, temporaryPath: string, calls: CopyCalls = copyCalls): FileCopy {
  let descriptor: number | undefined;
  let unflushedBytes = 0;
  try {
    descriptor = calls.create(temporaryPath);
  } catch (cause) {
    throw writeFailure(name, cause);
  }
  const open = descriptor;
  return {
    write(chunk) {
      try {
        let rest = chunk;
        while (rest.length > 0) rest = rest.subarray(calls.write(open, rest));
        unflushedBytes += chunk.length;
        if (unflushedBytes >= WRITE_BACK_BYTES) {
          unflushedBytes = 0;
          calls.flush(open);
        }
      } catch (cause) {
        throw writeFailure(name, cause);
      }
    },
    finish() {
      try {
        calls.sync(open);
        descriptor = undefined;
        calls.close(open);
      } catch (cause) {
        throw writeFailure(name, cause);
      }
    },
    discard() {
      try {
        if (descriptor !== undefined) calls.close(descriptor);
      } catch {
        // The descriptor is gone either way.
      }
      try {
        calls.remove(temporaryPath);
      } catch {
        // What cannot be removed is a leftover that `doctor` finds by its age.
      }
    },
  };
}
