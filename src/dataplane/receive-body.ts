import { bytesToHex } from "@noble/hashes/utils.js";
import { type ContentAddress, contentAddress } from "../core/content-address.ts";
import { ArtifactstoreError, isArtifactstoreError } from "../core/errors.ts";
import { BodyReader } from "./body-reader.ts";
import { DIRECT_MIN_BYTES } from "./file-copy.ts";
import { sha256 } from "./hash-engine.ts";
import { RECEPTION_BLOCK_BYTES, type ReceptionLane, type ReceptionThreads } from "./reception-threads.ts";
import { removeQuietly } from "./store-blobs.ts";
import type { ThreadPool } from "./thread-pool.ts";

/** Blocks of one body that are with its thread at once: one is filled while others are hashed and written. Count. */
const BLOCKS_OF_BODY_MAX = 3;

/** Bytes from outside. */
export type IncomingBody = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

export interface ReceiveOptions {
  /** Up to so much stays in memory. Bytes. */
  readonly smallMaxBytes: number;
  /** Where a larger body goes; called at most once. */
  readonly temporaryPath: () => string;
  /** A longer body is refused (`limit_exceeded`). Bytes. */
  readonly maxBytes: number;
  /** What the sender announced. A longer or shorter body is refused (`digest_mismatch`). Bytes. */
  readonly expectedSize?: number;
  /** What messages call the body. */
  readonly name?: string;
  readonly signal?: AbortSignal;
  /** Gives memory back that nobody refers to, now. */
  readonly collectGarbage?: () => void;
}

/** A body that is here whole. */
export interface ReceivedBody {
  readonly address: ContentAddress;
  /** Hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** The bytes, if they are few. */
  readonly bytes: Uint8Array | undefined;
  /** Else a complete, fsynced file, which the caller owns. */
  readonly temporaryPath: string | undefined;
}

/**
 * Receives a body of any size with flat memory, both digests computed once, while it comes. A small one stays in memory;
 * a larger one goes block by block to a thread, which hashes and writes it. The sender is held back while all of a body's
 * blocks are with its thread; the event loop never waits.
 *
 * Whatever fails leaves no file: `limit_exceeded`, `digest_mismatch` (longer or shorter than announced, or broken off),
 * `storage_full`, `storage_read_only`, `backend_unavailable`, `internal` (the thread died), or the signal's reason.
 */
export async function receiveBody(
  threads: ThreadPool,
  body: IncomingBody,
  options: ReceiveOptions,
): Promise<ReceivedBody> {
  const { smallMaxBytes, expectedSize, maxBytes } = options;
  if (expectedSize !== undefined && expectedSize > maxBytes) throw tooLarge(options);
  const reader = new BodyReader(body, options.signal);
  try {
    const gathered = new SmallBody(Math.min(smallMaxBytes, expectedSize ?? smallMaxBytes));
    for (;;) {
      const chunk = await nextChunk(reader, options, gathered.sizeBytes);
      if (chunk === undefined) return await receivedInMemory(threads, gathered.bytes());
      if (gathered.add(chunk)) continue;
      return await new Receiving(threads.receptions, options).receive([gathered.bytes(), chunk], reader);
    }
  } finally {
    reader.stop();
  }
}

/** The beginning of a body: one chunk as it came, or several in memory of their own, however small they are. */
class SmallBody {
  readonly #maxBytes: number;
  #bytes: Uint8Array = new Uint8Array(0);
  sizeBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Answers false, changing nothing, if it does not fit. */
  add(chunk: Uint8Array): boolean {
    if (this.sizeBytes + chunk.length > this.#maxBytes) return false;
    if (this.sizeBytes === 0) {
      this.#bytes = chunk;
    } else {
      if (this.#bytes.length === this.sizeBytes) this.#grow();
      this.#bytes.set(chunk, this.sizeBytes);
    }
    this.sizeBytes += chunk.length;
    return true;
  }

  bytes(): Uint8Array {
    return this.#bytes.length === this.sizeBytes ? this.#bytes : this.#bytes.slice(0, this.sizeBytes);
  }

  #grow(): void {
    const first = this.#bytes;
    this.#bytes = new Uint8Array(this.#maxBytes);
    this.#bytes.set(first);
  }
}

async function receivedInMemory(threads: ThreadPool, bytes: Uint8Array): Promise<ReceivedBody> {
  const { hash } = await threads.hashEngine();
  return {
    address: contentAddress(hash(bytes)),
    sha256: bytesToHex(sha256(bytes)),
    sizeBytes: bytes.length,
    bytes,
    temporaryPath: undefined,
  };
}

/** The next bytes of the body; `undefined` at its end, if that is where it may end. */
async function nextChunk(
  reader: BodyReader,
  options: ReceiveOptions,
  receivedBytes: number,
): Promise<Uint8Array | undefined> {
  const chunk = await readNext(reader, options);
  const { expectedSize, maxBytes } = options;
  const sizeBytes = receivedBytes + (chunk?.length ?? 0);
  if (expectedSize !== undefined && sizeBytes > expectedSize) {
    throw mismatch(options, `it runs over the ${expectedSize} bytes that were announced`);
  }
  if (sizeBytes > maxBytes) throw tooLarge(options);
  if (chunk === undefined && expectedSize !== undefined && sizeBytes < expectedSize) {
    throw mismatch(options, `it ended after ${sizeBytes} of ${expectedSize} bytes`);
  }
  return chunk;
}

async function readNext(reader: BodyReader, options: ReceiveOptions): Promise<Uint8Array | undefined> {
  try {
    return await reader.next();
  } catch (cause) {
    if (isArtifactstoreError(cause) || options.signal?.aborted === true) throw cause;
    throw mismatch(options, "it broke off", cause);
  }
}

interface Sent {
  readonly answered: Promise<Uint8Array>;
}

/** One body that goes to a thread. */
class Receiving {
  readonly #threads: ReceptionThreads;
  readonly #options: ReceiveOptions;
  readonly #lane: ReceptionLane;
  readonly #temporaryPath: string;
  /** Blocks that are with the thread, the oldest first. */
  readonly #sent: Sent[] = [];
  #failure: { readonly error: unknown } | undefined;
  #ownIsFree = true;
  #sizeBytes = 0;
  #isFirst = true;

  constructor(threads: ReceptionThreads, options: ReceiveOptions) {
    this.#threads = threads;
    this.#options = options;
    this.#temporaryPath = options.temporaryPath();
    this.#lane = threads.open();
  }

  async receive(start: readonly Uint8Array[], reader: BodyReader): Promise<ReceivedBody> {
    try {
      const digests = await this.#pass(start, reader);
      return {
        address: contentAddress(digests.subarray(0, 32)),
        sha256: bytesToHex(digests.subarray(32, 64)),
        sizeBytes: this.#sizeBytes,
        bytes: undefined,
        temporaryPath: this.#temporaryPath,
      };
    } catch (error) {
      await this.#giveUp();
      throw error;
    } finally {
      this.#lane.end();
    }
  }

  /** A block is sent when the next byte does not fit, so that the last one is known when it goes. */
  async #pass(start: readonly Uint8Array[], reader: BodyReader): Promise<Uint8Array> {
    let block: Block | undefined = await this.#freeBlock();
    let filled = 0;
    const { collectGarbage } = this.#options;
    const add = async (chunk: Uint8Array) => {
      this.#sizeBytes += chunk.length;
      if (collectGarbage !== undefined) this.#threads.relieve(chunk.length, collectGarbage);
      for (let at = 0; at < chunk.length; ) {
        if (block !== undefined && filled === RECEPTION_BLOCK_BYTES) {
          this.#send(block, filled, false);
          block = undefined;
          filled = 0;
        }
        block ??= await this.#freeBlock();
        const part = chunk.subarray(at, at + RECEPTION_BLOCK_BYTES - filled);
        new Uint8Array(block.memory, filled, part.length).set(part);
        filled += part.length;
        at += part.length;
      }
    };
    try {
      for (const chunk of start) await add(chunk);
      for (;;) {
        const chunk = await nextChunk(reader, this.#options, this.#sizeBytes);
        if (chunk === undefined) break;
        await add(chunk);
        if (this.#failure !== undefined) throw this.#failure.error;
      }
      const last = block ?? (await this.#freeBlock());
      block = undefined;
      const digests = await this.#send(last, filled, true).catch(() => undefined);
      // The first failure is the one that counts.
      if (this.#failure !== undefined || digests === undefined) throw this.#failure?.error;
      return digests;
    } finally {
      if (block !== undefined) this.#giveBack(block);
    }
  }

  /** A body with nothing on its way always has a block of its own, so that it moves on whatever the others do. */
  async #freeBlock(): Promise<Block> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#ownIsFree) {
        this.#ownIsFree = false;
        const memory = this.#threads.takeBlock(false);
        if (memory !== undefined) return { memory, isFurther: false };
      }
      if (this.#sent.length < BLOCKS_OF_BODY_MAX) {
        const memory = this.#threads.takeBlock(true);
        if (memory !== undefined) return { memory, isFurther: true };
      }
      await this.#sent[0]?.answered.catch(() => undefined);
    }
  }

  #send(block: Block, lengthBytes: number, last: boolean): Promise<Uint8Array> {
    const first = this.#isFirst;
    this.#isFirst = false;
    const { expectedSize, name } = this.#options;
    const known = first && last ? lengthBytes : (expectedSize ?? DIRECT_MIN_BYTES);
    const answered = this.#lane
      .send({
        kind: "receive",
        reception: this.#lane.reception,
        name: name ?? "the body",
        temporaryPath: this.#temporaryPath,
        sizeBytes: known,
        first,
        last,
        block: block.memory,
        lengthBytes,
      })
      .then(({ digests }) => digests);
    const sent = { answered };
    this.#sent.push(sent);
    const settled = () => {
      this.#sent.splice(this.#sent.indexOf(sent), 1);
      this.#giveBack(block);
    };
    answered.then(settled, (error: unknown) => {
      this.#failure ??= { error };
      settled();
    });
    return answered;
  }

  #giveBack({ memory, isFurther }: Block): void {
    if (!isFurther) this.#ownIsFree = true;
    this.#threads.giveBlockBack(memory, isFurther);
  }

  /** The thread removes the file; a thread that is no more cannot, so it is removed here once more. */
  async #giveUp(): Promise<void> {
    await this.#lane
      .send({ kind: "forget", reception: this.#lane.reception })
      .then(undefined, () => undefined);
    removeQuietly(this.#temporaryPath);
  }
}

interface Block {
  readonly memory: SharedArrayBuffer;
  /** One of those that all bodies share. */
  readonly isFurther: boolean;
}

function tooLarge({ name, maxBytes }: ReceiveOptions): ArtifactstoreError {
  return new ArtifactstoreError(
    "limit_exceeded",
    `Cannot receive "${name ?? "the body"}": it has more than ${maxBytes} bytes`,
  );
}

function mismatch({ name }: ReceiveOptions, state: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError("digest_mismatch", `Cannot receive "${name ?? "the body"}": ${state}`, {
    cause,
  });
}
