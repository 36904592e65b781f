import type { ContentAddress } from "../../core/content-address.ts";
import type {
  BlobBody,
  BlobEntry,
  BlobStat,
  BlobStore,
  BlobStoreHealth,
  BlobStoreProperties,
  BulkStat,
  GetOptions,
  ListOptions,
  PutOptions,
} from "../blob-store.ts";
import { chunksOf, clipRange, gatherBody } from "../body.ts";

const PROPERTIES: BlobStoreProperties = {
  kind: "memory",
  smallBlobMaxBytes: 64 * 1024,
  putConcurrency: 1024,
};

interface Held {
  readonly bytes: Uint8Array;
  readonly modifiedAt: number;
}

/** Blobs in memory: the smallest store that keeps every promise but the one about power cuts. */
export class MemoryBlobStore implements BlobStore, BulkStat {
  readonly properties = PROPERTIES;
  readonly #blobs = new Map<ContentAddress, Held>();
  readonly #clock: () => number;

  /** @param clock milliseconds since 1970 */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  async put(address: ContentAddress, body: BlobBody, options: PutOptions): Promise<void> {
    // The copy keeps the store apart from whoever uses the array again.
    const bytes = await gatherBody(address, body, options);
    if (this.#blobs.get(address)?.bytes.length === bytes.length) return;
    this.#blobs.set(address, { bytes, modifiedAt: this.#clock() });
  }

  async get(
    address: ContentAddress,
    options: GetOptions = {},
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    options.signal?.throwIfAborted();
    clipRange(options.range, 0);
    const held = this.#blobs.get(address);
    return held === undefined ? undefined : chunksOf(held.bytes.slice(), options.range, options.signal);
  }

  async stat(address: ContentAddress): Promise<BlobStat | undefined> {
    const held = this.#blobs.get(address);
    return held === undefined ? undefined : statOf(held);
  }

  async statMany(addresses: readonly ContentAddress[]): Promise<(BlobStat | undefined)[]> {
    return await Promise.all(addresses.map((address) => this.stat(address)));
  }

  async delete(address: ContentAddress): Promise<boolean> {
    return this.#blobs.delete(address);
  }

  async *list(options: ListOptions = {}): AsyncGenerator<BlobEntry> {
    const { after } = options;
    const addresses = [...this.#blobs.keys()]
      .filter((address) => after === undefined || address > after)
      .sort();
    for (const address of addresses) {
      const held = this.#blobs.get(address);
      if (held !== undefined) yield { address, ...statOf(held) };
    }
  }

  async health(): Promise<BlobStoreHealth> {
    return { healthy: true, detail: `${this.#blobs.size} blobs in memory` };
  }
}

function statOf(held: Held): BlobStat {
  return { size: held.bytes.length, modifiedAt: held.modifiedAt, form: "memory" };
}
