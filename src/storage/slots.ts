/** At most `count` pieces of work at once; the others wait in order of arrival. */
export class Slots {
  #free: number;
  #waiting: (() => void)[] = [];
  /** Index of the first that still waits: shifting a long array costs its length. */
  #head = 0;

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  /** The slot goes straight to the one that has waited longest, so that none overtakes it. */
  #pass(): void {
    const next = this.#waiting[this.#head];
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#head += 1;
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    }
    next();
  }
}
