/**
 * After so many small files, memory is given back. Their bytes lie in buffers which a collector does not count as heap,
 * and would let grow to hundreds of megabytes before it looks for them.
 */
export const RELIEF_FILES = 4_096;

/** Where the bytes lie in memory that is used again, only what is known of each file piles up. */
export const RELIEF_FILES_WITHOUT_BYTES = 8_192;

/** Counts files that have been stored, read or restored, and gives memory back now and then. */
export class MemoryRelief {
  readonly #collectGarbage: () => void;
  readonly #everyFiles: number;
  #files = 0;

  constructor(collectGarbage: () => void, everyFiles = RELIEF_FILES) {
    this.#collectGarbage = collectGarbage;
    this.#everyFiles = everyFiles;
  }

  add(files: number): void {
    this.#files += files;
    if (this.#files < this.#everyFiles) return;
    this.#files = 0;
    this.#collectGarbage();
  }
}
