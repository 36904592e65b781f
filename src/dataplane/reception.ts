import type { Blake3Engine, StreamingHasher } from "../core/digest.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { FileCopy } from "./file-copy.ts";
import { createSha256 } from "./hash-engine.ts";

/** The next bytes of a body that arrives; the first step makes the file, the last one makes it durable. */
export interface ReceptionStep {
  readonly kind: "receive";
  /** Unique among the receptions of this process. */
  readonly reception: number;
  /** What messages call the body. */
  readonly name: string;
  readonly temporaryPath: string;
  /** Of the whole body, as far as is known; decides how it is written. */
  readonly sizeBytes: number;
  readonly first: boolean;
  readonly last: boolean;
  /** Left alone by its owner until the step is answered. Begins on a page, as direct writes demand. */
  readonly block: SharedArrayBuffer;
  /** So much of the block are bytes of the body. */
  readonly lengthBytes: number;
}

/** A body that will not be received to its end: its file goes. Never fails. */
export interface ForgetStep {
  readonly kind: "forget";
  readonly reception: number;
}

interface Reception {
  readonly blake3: StreamingHasher;
  readonly sha256: StreamingHasher;
  readonly copy: FileCopy;
}

/**
 * The thread's half of receiving bodies: what is under way in this thread. A thread serves many bodies in turns, a block
 * of each at a time, so that a slow sender holds nobody up.
 */
const underWay = new Map<number, Reception>();

/**
 * Hashes one block and writes it out. After a failure the body's file is gone, and so is all that was known of it.
 * @returns 64 bytes after the last step, BLAKE3 and SHA-256; otherwise none
 */
export function receiveBlock(engine: Blake3Engine, step: ReceptionStep): Uint8Array {
  const reception = step.first ? begin(engine, step) : underWay.get(step.reception);
  if (reception === undefined) {
    throw new ArtifactstoreError("internal", `Cannot receive "${step.name}": it was given up before`);
  }
  const { blake3, sha256, copy } = reception;
  try {
    const bytes = new Uint8Array(step.block, 0, step.lengthBytes);
    blake3.update(bytes);
    sha256.update(bytes);
    if (bytes.length > 0) copy.write(bytes);
    if (!step.last) return new Uint8Array(0);
    copy.finish();
  } catch (error) {
    forgetReception(step.reception);
    throw error;
  }
  underWay.delete(step.reception);
  const digests = new Uint8Array(64);
  digests.set(blake3.digest(), 0);
  digests.set(sha256.digest(), 32);
  return digests;
}

export function forgetReception(reception: number): void {
  underWay.get(reception)?.copy.discard();
  underWay.delete(reception);
}

function begin(
  engine: Blake3Engine,
  { reception, name, temporaryPath, sizeBytes }: ReceptionStep,
): Reception {
  const copy = new FileCopy(name, temporaryPath, sizeBytes);
  const begun = { blake3: engine.create(), sha256: createSha256(), copy };
  underWay.set(reception, begun);
  return begun;
}
