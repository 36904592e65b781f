import type { ContentAddress } from "../core/content-address.ts";
import type {
  BlobBody,
  BlobEntry,
  BlobStat,
  BlobStore,
  BlobStoreHealth,
  BlobStoreProperties,
  GetOptions,
  ListOptions,
  PutOptions,
} from "./blob-store.ts";
import { Slots } from "./slots.ts";

/**
 * A decorator: at most `callsMax` calls of the store at once, the others wait in order of arrival. A `get` counts until
 * it answers, not until its chunks are read, and a `list` not at all: a reader that puts into the same store what it
 * reads would otherwise wait for itself.
 */
export function limitBlobStore(store: BlobStore, callsMax: number): BlobStore {
  return new LimitedBlobStore(store, callsMax);
}

class LimitedBlobStore implements BlobStore {
  readonly properties: BlobStoreProperties;
  readonly #store: BlobStore;
  readonly #slots: Slots;

  constructor(store: BlobStore, callsMax: number) {
    this.#store = store;
    this.#slots = new Slots(callsMax);
    const { putConcurrency } = store.properties;
    this.properties = { ...store.properties, putConcurrency: Math.min(putConcurrency, callsMax) };
  }

  put(address: ContentAddress, body: BlobBody, options: PutOptions): Promise<void> {
    return this.#slots.run(() => this.#store.put(address, body, options));
  }

  get(address: ContentAddress, options?: GetOptions): Promise<AsyncIterable<Uint8Array> | undefined> {
    return this.#slots.run(() => this.#store.get(address, options));
  }

  stat(address: ContentAddress): Promise<BlobStat | undefined> {
    return this.#slots.run(() => this.#store.stat(address));
  }

  delete(address: ContentAddress): Promise<boolean> {
    return this.#slots.run(() => this.#store.delete(address));
  }

  list(options?: ListOptions): AsyncIterable<BlobEntry> {
    return this.#store.list(options);
  }

  health(): Promise<BlobStoreHealth> {
    return this.#store.health();
  }
}
