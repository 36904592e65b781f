/** Bytes that look random and are the same for the same seed, on every runtime (xorshift, 32 bits). */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    // Zero is the one state that never changes; neighbouring seeds are driven apart.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1;
  }

  /** An unsigned integer of 32 bits. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  below(bound: number): number {
    return this.next() % bound;
  }

  fill(bytes: Uint8Array): void {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    for (let i = 0; i < words.length; i++) words[i] = this.next();
    for (let i = words.length << 2; i < bytes.length; i++) bytes[i] = this.next();
  }
}
