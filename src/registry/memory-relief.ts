/**
 * After so many small files, memory is given back. Their bytes lie in buffers which a collector does not count as heap,
 * and would let grow to hundreds of megabytes before it looks for them.
 */
export const RELIEF_FILES = 4_096;

/** Counts files that have been stored, read or restored, and gives memory back now and then. */
export class MemoryRelief {
  readonly #collectGarbage: () => void;
  #files = 0;

  constructor(collectGarbage: () => void) {
    this.#collectGarbage = collectGarbage;
  }

  add(files: number): void {
    this.#files += files;
    if (this.#files < RELIEF_FILES) return;
    this.#files = 0;
    this.#collectGarbage();
  }
}
