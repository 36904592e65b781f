import type { ContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError, isArtifactstoreError } from "../core/errors.ts";
import type {
  BlobBody,
  BlobEntry,
  BlobStat,
  BlobStore,
  BlobStoreHealth,
  BlobStoreProperties,
  ByteRange,
  GetOptions,
  ListOptions,
  PutOptions,
} from "./blob-store.ts";

export interface RetryOptions {
  /** Tries in all, the first included. */
  readonly triesMax: number;
  /** Upper bound of the pause before the second try; it doubles with each further one. */
  readonly firstPauseMs: number;
  readonly pauseMaxMs: number;
  /** In [0, 1): each pause is this part of its upper bound, so that clients that failed together come back apart. */
  readonly random: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

/**
 * A decorator: repeats calls that failed with `backend_unavailable`, and nothing else. Every verb may be repeated, since
 * names are content addresses; `delete` then answers what its last try saw. A `put` from a stream is repeated only while
 * the stream is untouched. Reading goes on where it broke off, as does a list.
 */
export function retryBlobStore(store: BlobStore, options: RetryOptions): BlobStore {
  return new RetryingBlobStore(store, options);
}

class RetryingBlobStore implements BlobStore {
  readonly #store: BlobStore;
  readonly #options: RetryOptions;

  constructor(store: BlobStore, options: RetryOptions) {
    this.#store = store;
    this.#options = options;
  }

  get properties(): BlobStoreProperties {
    return this.#store.properties;
  }

  async put(address: ContentAddress, body: BlobBody, options: PutOptions): Promise<void> {
    if (body instanceof Uint8Array) {
      return await this.#repeat(options.signal, () => this.#store.put(address, body, options));
    }
    let touched = false;
    const watched: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]() {
        touched = true;
        return body[Symbol.asyncIterator]();
      },
    };
    await this.#repeat(
      options.signal,
      () => this.#store.put(address, watched, options),
      () => !touched,
    );
  }

  async get(
    address: ContentAddress,
    options: GetOptions = {},
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const chunks = await this.#repeat(options.signal, () => this.#store.get(address, options));
    return chunks === undefined ? undefined : this.#chunks(address, options, chunks);
  }

  stat(address: ContentAddress): Promise<BlobStat | undefined> {
    return this.#repeat(undefined, () => this.#store.stat(address));
  }

  delete(address: ContentAddress): Promise<boolean> {
    return this.#repeat(undefined, () => this.#store.delete(address));
  }

  async *list(options: ListOptions = {}): AsyncGenerator<BlobEntry> {
    let after = options.after;
    for (let failures = 0; ; ) {
      try {
        for await (const entry of this.#store.list(after === undefined ? {} : { after })) {
          failures = 0;
          after = entry.address;
          yield entry;
        }
        return;
      } catch (error) {
        failures += 1;
        await this.#pauseOrThrow(error, failures, undefined);
      }
    }
  }

  health(): Promise<BlobStoreHealth> {
    return this.#store.health();
  }

  async *#chunks(
    address: ContentAddress,
    options: GetOptions,
    first: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    const wanted: ByteRange = options.range ?? { start: 0, end: Number.MAX_SAFE_INTEGER };
    let at = wanted.start;
    let chunks: AsyncIterable<Uint8Array> | undefined = first;
    for (let failures = 0; ; ) {
      try {
        chunks ??= await this.#store.get(address, { ...options, range: { start: at, end: wanted.end } });
        if (chunks === undefined) {
          throw new ArtifactstoreError("store_damaged", `Cannot read blob "${address}" on: it is gone`);
        }
        for await (const chunk of chunks) {
          failures = 0;
          at += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        failures += 1;
        await this.#pauseOrThrow(error, failures, options.signal);
        chunks = undefined;
      }
    }
  }

  async #repeat<T>(
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
    mayRepeat: () => boolean = () => true,
  ): Promise<T> {
    for (let failures = 0; ; ) {
      try {
        return await work();
      } catch (error) {
        if (!mayRepeat()) throw error;
        failures += 1;
        await this.#pauseOrThrow(error, failures, signal);
      }
    }
  }

  async #pauseOrThrow(error: unknown, failures: number, signal: AbortSignal | undefined): Promise<void> {
    const { triesMax, firstPauseMs, pauseMaxMs, random, sleep } = this.#options;
    if (failures >= triesMax || signal?.aborted === true) throw error;
    if (!isArtifactstoreError(error, "backend_unavailable")) throw error;
    await sleep(Math.min(firstPauseMs * 2 ** (failures - 1), pauseMaxMs) * random(), signal);
  }
}
