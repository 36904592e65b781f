/** Reads a body chunk by chunk; stops at once when the signal aborts, even while the sender is silent. */
export class BodyReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  readonly #abort = () => this.#reject?.(this.#signal?.reason);
  /** Of the chunk that is waited for. */
  #reject: ((reason: unknown) => void) | undefined;
  #ended = false;

  constructor(body: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>, signal: AbortSignal | undefined) {
    this.#source = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort, { once: true });
  }

  /** The next bytes, never none; `undefined` at the end. Rejects with what the source threw, or the signal's reason. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      this.#signal?.throwIfAborted();
      const asked = this.#source.next();
      const next = await (this.#signal === undefined ? asked : this.#orAborted(asked));
      if (next.done === true) {
        this.#ended = true;
        return undefined;
      }
      if (next.value.length > 0) return next.value;
    }
  }

  /** Lets go of the sender; one that has more to say is told that nobody listens. */
  stop(): void {
    this.#signal?.removeEventListener("abort", this.#abort);
    // Not awaited: a source that hangs in `next` would never answer.
    if (!this.#ended) this.#source.return?.()?.then(undefined, () => undefined);
  }

  /**
   * A promise of its own for each chunk. A race against one that lives as long as the body would keep every chunk: what a
   * promise has been raced with hangs on it until it is settled.
   */
  #orAborted(asked: Promise<IteratorResult<Uint8Array>>): Promise<IteratorResult<Uint8Array>> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      asked.then(resolve, reject);
    });
  }
}
