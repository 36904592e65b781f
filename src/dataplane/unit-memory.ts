/** Blocks are multiples of this, so that the next group fits where one was. What is not written to takes no memory. Bytes. */
const BLOCK_BYTES = 1_048_576;

/**
 * Memory into which threads read small files, used again and again: to map and clear new memory for each group of files
 * takes longer than to read them from the page cache. Shared, so that no thread copies what another one reads.
 *
 * Whoever reads on has as many blocks as there are groups under way; they go when the reading ends.
 */
export class UnitMemory {
  readonly #free: SharedArrayBuffer[] = [];

  /** A block of at least this size; its content is that of its last use. Bytes. */
  take(sizeBytes: number): SharedArrayBuffer {
    const fitting = this.#free.findIndex((block) => block.byteLength >= sizeBytes);
    const [block] = fitting < 0 ? [] : this.#free.splice(fitting, 1);
    return block ?? new SharedArrayBuffer(Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES);
  }

  giveBack(blocks: readonly SharedArrayBuffer[]): void {
    this.#free.push(...blocks);
  }
}
