/** An event as followers get it. */
export interface RenderedEvent {
  readonly sequence: number;
  /** Whose package it is about; `undefined` for what is not about a package. */
  readonly producer: string | undefined;
  readonly text: string;
}

/** What is remembered for followers that are a little behind. UTF-16 units. */
const REMEMBERED_MAX_LENGTH = 4 * 1024 * 1024;

/**
 * The last events, without a gap, up to a bounded amount; and who waits for the next one. What lies before them is not
 * here: `after` says so, and the caller reads the log.
 */
export class RecentEvents {
  readonly #events: RenderedEvent[] = [];
  readonly #waiting = new Set<() => void>();
  #length = 0;
  #head: number | undefined;

  /** The last sequence that is known of; `undefined` while nobody follows. */
  get head(): number | undefined {
    return this.#head;
  }

  begin(head: number): void {
    this.#head ??= head;
    this.#wake();
  }

  forget(): void {
    this.#events.length = 0;
    this.#length = 0;
    this.#head = undefined;
  }

  /** In order, each after the head. */
  add(event: RenderedEvent): void {
    this.#events.push(event);
    this.#length += event.text.length;
    this.#head = event.sequence;
    let dropped = 0;
    while (this.#length > REMEMBERED_MAX_LENGTH) {
      this.#length -= this.#events[dropped]?.text.length ?? 0;
      dropped += 1;
    }
    this.#events.splice(0, dropped);
    this.#wake();
  }

  /** Every event after a sequence, at most so many; `undefined` if some of them are not here. */
  after(sequence: number, limit: number): readonly RenderedEvent[] | undefined {
    if (this.#head === undefined) return undefined;
    if (sequence >= this.#head) return [];
    const [first] = this.#events;
    if (first === undefined || first.sequence > sequence + 1) return undefined;
    const from = sequence + 1 - first.sequence;
    return this.#events.slice(from, from + limit);
  }

  /** Resolves when there is another head, at the time-out and when the signal aborts. */
  async next(signal: AbortSignal, timeoutMs: number): Promise<void> {
    if (signal.aborted) return;
    const woken = Promise.withResolvers<void>();
    const wake = () => woken.resolve();
    const timer = setTimeout(wake, timeoutMs);
    signal.addEventListener("abort", wake, { once: true });
    this.#waiting.add(wake);
    try {
      await woken.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      this.#waiting.delete(wake);
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
