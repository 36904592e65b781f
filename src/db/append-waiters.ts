/** Those who wait for the next append; how it is found out is each database's own. */
export class AppendWaiters {
  readonly #waiting = new Set<() => void>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Resolves when woken, at the time-out and when the signal aborts. `begin` is called once this one is waiting. */
  async next(signal: AbortSignal, timeoutMs: number, begin: () => void): Promise<void> {
    const woken = Promise.withResolvers<void>();
    const wake = () => woken.resolve();
    const timeout = setTimeout(wake, timeoutMs);
    signal.addEventListener("abort", wake, { once: true });
    this.#waiting.add(wake);
    try {
      begin();
      await woken.promise;
    } finally {
      clearTimeout(timeout);
      signal.removeEventListener("abort", wake);
      this.#waiting.delete(wake);
    }
  }

  wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
