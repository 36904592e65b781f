/** Bits of a frame's descriptor (RFC 8878 section 3.1.1.1.1). */
const SINGLE_SEGMENT = 0x20;
const CHECKSUM = 0x04;

/** Bytes of the dictionary's id, and of the content's size, by their two bits of the descriptor. */
const DICTIONARY_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];

const MAGIC_BYTES = 4;
const BLOCK_HEAD_BYTES = 3;
const CHECKSUM_BYTES = 4;
const RUN_LENGTH_BLOCK = 1;

/**
 * Follows the first Zstandard frame of a stream by the heads of its blocks (RFC 8878 section 3.1.1), and knows whether
 * it has come to its end. Threat: a decompressor that gives out all that it has and says nothing where the stream ends
 * within its last block or its checksum, so that a file that was cut passes as whole.
 */
export class ZstdFrameEnd {
  /** Bytes that are passed over before the next head. */
  #skip = MAGIC_BYTES;
  #next: "descriptor" | "block" | "end" = "descriptor";
  #hasChecksum = false;
  #head: number[] = [];

  /** Whether the frame was there to its last byte. */
  get isReached(): boolean {
    return this.#next === "end" && this.#skip === 0;
  }

  take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const passed = Math.min(this.#skip, chunk.length - at);
      this.#skip -= passed;
      at += passed;
      if (at >= chunk.length || this.#next === "end") return;
      this.#head.push(chunk[at++] ?? 0);
      if (this.#next === "descriptor") this.#readDescriptor();
      else if (this.#head.length === BLOCK_HEAD_BYTES) this.#readBlockHead();
    }
  }

  #readDescriptor(): void {
    const [descriptor = 0] = this.#head;
    const isSingle = (descriptor & SINGLE_SEGMENT) !== 0;
    const sizeBits = descriptor >> 6;
    const sizeBytes = sizeBits === 0 && isSingle ? 1 : (CONTENT_SIZE_BYTES[sizeBits] ?? 0);
    this.#hasChecksum = (descriptor & CHECKSUM) !== 0;
    this.#skip = (isSingle ? 0 : 1) + (DICTIONARY_BYTES[descriptor & 3] ?? 0) + sizeBytes;
    this.#next = "block";
    this.#head = [];
  }

  #readBlockHead(): void {
    const [low = 0, middle = 0, high = 0] = this.#head;
    const head = low | (middle << 8) | (high << 16);
    this.#skip = ((head >> 1) & 3) === RUN_LENGTH_BLOCK ? 1 : head >> 3;
    this.#head = [];
    if ((head & 1) === 0) return;
    this.#next = "end";
    if (this.#hasChecksum) this.#skip += CHECKSUM_BYTES;
  }
}
