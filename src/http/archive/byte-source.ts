/** Bytes that come in chunks, to be taken in pieces of any size. Holds no more than one chunk beyond what is asked for. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next bytes, at least one and at most so many, without a copy; `undefined` at the end. */
  async some(maxBytes: number): Promise<Uint8Array | undefined> {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return undefined;
      this.#chunk = value;
    }
    const taken = this.#chunk.subarray(0, maxBytes);
    this.#chunk = this.#chunk.subarray(taken.length);
    return taken;
  }

  /** Exactly so many bytes; `undefined` if fewer are left. */
  async exactly(sizeBytes: number): Promise<Uint8Array | undefined> {
    if (this.#chunk.length >= sizeBytes) {
      const taken = this.#chunk.subarray(0, sizeBytes);
      this.#chunk = this.#chunk.subarray(sizeBytes);
      return taken;
    }
    const whole = new Uint8Array(sizeBytes);
    let length = 0;
    while (length < sizeBytes) {
      const part = await this.some(sizeBytes - length);
      if (part === undefined) return undefined;
      whole.set(part, length);
      length += part.length;
    }
    return whole;
  }

  /** Lets go of where the bytes come from. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
