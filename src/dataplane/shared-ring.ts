import { CHUNK_BYTES } from "./digest-file.ts";

/**
 * A ring of chunks in shared memory between two threads that work on the same large file: the reader fills a slot and
 * computes SHA-256 over it; the follower computes BLAKE3 over the same slot and writes it out. Each source byte is
 * read once, and each of the two digests has a core of its own.
 *
 * Ownership of a slot passes by two counters that only grow: `filled` is written by the reader alone, `drained` by the
 * follower alone. A slot belongs to the follower while `drained <= n < filled`. A negative counter is the end: `filled`
 * when the reader failed, `drained` when the follower did; the other side stops at the next slot.
 */
export const RING_SLOTS = 16;

const FILLED = 0;
const DRAINED = 1;
const LENGTHS = 2;
const COUNTERS = LENGTHS + RING_SLOTS;
/** The slots begin on a page: direct writes demand it. */
const HEADER_BYTES = 4_096;
const FAILED = -1;

/** How long one side waits for the other before it looks whether that side is still alive, milliseconds. */
const WAIT_MS = 30_000;

export function createRingMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + RING_SLOTS * CHUNK_BYTES);
}

export class SharedRing {
  readonly #header: Int32Array;
  readonly #memory: SharedArrayBuffer;

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory;
    this.#header = new Int32Array(memory, 0, COUNTERS);
  }

  /** The reader's next slot, once it is free. Throws if the follower has failed. */
  slotToFill(n: number): Uint8Array {
    this.#wait(DRAINED, n - RING_SLOTS + 1);
    return this.#slot(n, CHUNK_BYTES);
  }

  /** Hands slot `n` to the follower. Length 0 is the end of the file. */
  fill(n: number, lengthBytes: number): void {
    Atomics.store(this.#header, LENGTHS + (n % RING_SLOTS), lengthBytes);
    this.#set(FILLED, n + 1);
  }

  /** The follower's next slot, once it is filled; empty at the end of the file. */
  slotToDrain(n: number): Uint8Array {
    this.#wait(FILLED, n + 1);
    return this.#slot(n, Atomics.load(this.#header, LENGTHS + (n % RING_SLOTS)));
  }

  /** Slots from `n` on as one piece; the caller knows that they lie in one row and are its own. */
  slotsFrom(n: number, lengthBytes: number): Uint8Array {
    return this.#slot(n, lengthBytes);
  }

  /** Gives slot `n` back, and all before it. */
  drain(n: number): void {
    this.#set(DRAINED, n + 1);
  }

  readerFailed(): void {
    this.#set(FILLED, FAILED);
  }

  followerFailed(): void {
    this.#set(DRAINED, FAILED);
  }

  #slot(n: number, lengthBytes: number): Uint8Array {
    return new Uint8Array(this.#memory, HEADER_BYTES + (n % RING_SLOTS) * CHUNK_BYTES, lengthBytes);
  }

  #set(counter: number, value: number): void {
    Atomics.store(this.#header, counter, value);
    Atomics.notify(this.#header, counter);
  }

  #wait(counter: number, atLeast: number): void {
    for (;;) {
      const now = Atomics.load(this.#header, counter);
      if (now === FAILED) throw new OtherSideFailed();
      if (now >= atLeast) return;
      if (Atomics.wait(this.#header, counter, now, WAIT_MS) === "timed-out") throw new OtherSideFailed();
    }
  }
}

/** The other thread gave up; its own error says why. */
export class OtherSideFailed extends Error {
  constructor() {
    super("the other thread that works on this file has stopped");
    this.name = "OtherSideFailed";
  }
}
