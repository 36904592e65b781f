/**
 * After so much has been sent. Chunks are garbage once they are with the system, and lie in buffers that a collector does not
 * count as heap. Bytes.
 */
const RELIEF_BYTES = 32 * 1024 * 1024;

/** Whether the server takes new work, and how much it has under way. */
export class ServerState {
  readonly #draining = new AbortController();
  #running = 0;
  #uploads = 0;
  #sentBytes = 0;
  readonly #stopped = new AbortController();
  readonly #waiting = new Set<() => void>();

  get draining(): boolean {
    return this.#draining.signal.aborted;
  }

  /** Aborts when the server begins to shut down: what would never end by itself ends then. */
  get drained(): AbortSignal {
    return this.#draining.signal;
  }

  get runningRequests(): number {
    return this.#running;
  }

  get runningUploads(): number {
    return this.#uploads;
  }

  /** Aborts when requests that still run are to end at once. */
  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  /** From here on the server says that it is not ready; what runs goes on. */
  drain(): void {
    this.#draining.abort();
  }

  stop(): void {
    this.#draining.abort();
    this.#stopped.abort();
  }

  beginRequest(): void {
    this.#running += 1;
  }

  endRequest(): void {
    this.#running -= 1;
    if (this.#running === 0) for (const wake of this.#waiting) wake();
  }

  /** False, changing nothing, if there are that many already. */
  beginUpload(maximum: number): boolean {
    if (this.#uploads >= maximum) return false;
    this.#uploads += 1;
    return true;
  }

  endUpload(): void {
    this.#uploads -= 1;
  }

  /** Counts what was sent; answers whether memory is to be given back now. */
  isReliefDue(sentBytes: number): boolean {
    this.#sentBytes += sentBytes;
    if (this.#sentBytes < RELIEF_BYTES) return false;
    this.#sentBytes = 0;
    return true;
  }

  /** Resolves when no request runs, at the latest after so long; answers whether none runs. */
  async whenIdle(timeoutMs: number): Promise<boolean> {
    if (this.#running === 0) return true;
    const woken = Promise.withResolvers<void>();
    const timer = setTimeout(woken.resolve, timeoutMs);
    this.#waiting.add(woken.resolve);
    await woken.promise;
    clearTimeout(timer);
    this.#waiting.delete(woken.resolve);
    return this.#running === 0;
  }
}
