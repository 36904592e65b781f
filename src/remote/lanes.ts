/** Runs pieces of work, so many at once. The first failure is kept, and everybody who comes later is told. */
export class Lanes {
  readonly #most: number;
  readonly #underWay = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves when the work has begun: until then there was no room. Throws what any work before has thrown. */
  async begin(work: () => Promise<void>): Promise<void> {
    while (this.#underWay.size >= this.#most && this.#failure === undefined)
      await Promise.race(this.#underWay);
    this.#throwIfFailed();
    const one = work()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#underWay.delete(one));
    this.#underWay.add(one);
  }

  /** All work has ended. Throws the first failure. */
  async end(): Promise<void> {
    await this.settled();
    this.#throwIfFailed();
  }

  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
