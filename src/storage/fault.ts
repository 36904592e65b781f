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

export type BlobStoreVerb = "put" | "get" | "stat" | "delete" | "list" | "health";

/** What is about to happen, or has: one call of the store. */
export interface BlobStoreCall {
  readonly verb: BlobStoreVerb;
  /** Absent for `list` and `health`. */
  readonly address: ContentAddress | undefined;
  /** Counts the calls of this verb, from 1. */
  readonly number: number;
}

/**
 * What goes wrong. Both are awaited, so a hook may also delay a call or hold it at a barrier; what it throws is what
 * the caller gets.
 */
export interface BlobStoreFaults {
  /** Throws before the store is asked: nothing has happened. */
  before?(call: BlobStoreCall): void | Promise<void>;
  /** Throws after the store has done its part: the effect is there, the answer is lost. */
  after?(call: BlobStoreCall): void | Promise<void>;
}

/** A decorator that injects faults: for tests of what lies above a store. */
export function faultyBlobStore(store: BlobStore, faults: BlobStoreFaults): BlobStore {
  return new FaultyBlobStore(store, faults);
}

/** Faults that let the n-th call of a verb fail, once. */
export function failCall(
  verb: BlobStoreVerb,
  number: number,
  when: "before" | "after",
  error: unknown,
): BlobStoreFaults {
  const fail = (call: BlobStoreCall) => {
    if (call.verb === verb && call.number === number) throw error;
  };
  return when === "before" ? { before: fail } : { after: fail };
}

class FaultyBlobStore implements BlobStore {
  readonly #store: BlobStore;
  readonly #faults: BlobStoreFaults;
  readonly #calls = new Map<BlobStoreVerb, number>();

  constructor(store: BlobStore, faults: BlobStoreFaults) {
    this.#store = store;
    this.#faults = faults;
  }

  get properties(): BlobStoreProperties {
    return this.#store.properties;
  }

  put(address: ContentAddress, body: BlobBody, options: PutOptions): Promise<void> {
    return this.#around("put", address, () => this.#store.put(address, body, options));
  }

  get(address: ContentAddress, options?: GetOptions): Promise<AsyncIterable<Uint8Array> | undefined> {
    return this.#around("get", address, () => this.#store.get(address, options));
  }

  stat(address: ContentAddress): Promise<BlobStat | undefined> {
    return this.#around("stat", address, () => this.#store.stat(address));
  }

  delete(address: ContentAddress): Promise<boolean> {
    return this.#around("delete", address, () => this.#store.delete(address));
  }

  /** `before` speaks before the first entry, `after` when the list has ended. */
  async *list(options?: ListOptions): AsyncGenerator<BlobEntry> {
    const call = this.#count("list", undefined);
    await this.#faults.before?.(call);
    yield* this.#store.list(options);
    await this.#faults.after?.(call);
  }

  health(): Promise<BlobStoreHealth> {
    return this.#around("health", undefined, () => this.#store.health());
  }

  async #around<T>(
    verb: BlobStoreVerb,
    address: ContentAddress | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const call = this.#count(verb, address);
    await this.#faults.before?.(call);
    const answer = await work();
    await this.#faults.after?.(call);
    return answer;
  }

  #count(verb: BlobStoreVerb, address: ContentAddress | undefined): BlobStoreCall {
    const number = (this.#calls.get(verb) ?? 0) + 1;
    this.#calls.set(verb, number);
    return { verb, address, number };
  }
}
