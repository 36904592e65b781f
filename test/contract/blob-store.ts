import { describe, it } from "node:test";
import type { BlobStore } from "../../src/storage/blob-store.ts";
import { BLOB_STORE_CASES } from "./blob-store-cases.ts";

/** A store under test, empty, and what gives its resources back. */
export interface OpenedBlobStore {
  readonly store: BlobStore;
  /** Another view of the same blobs, as another process would have it; the store itself where there is none. */
  readonly second?: BlobStore;
  close(): Promise<void>;
}

export interface BlobStoreContract {
  open(): Promise<OpenedBlobStore>;
  /** Cases that this store cannot keep, each with the reason. A name that is no case is an error. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** Holds a store to the guarantees of `src/storage/blob-store.ts`. Every adapter and every decorator passes it. */
export function describeBlobStore(name: string, { open, skip = {} }: BlobStoreContract): void {
  for (const [skipped, reason] of Object.entries(skip)) {
    if (!Object.hasOwn(BLOB_STORE_CASES, skipped))
      throw new Error(`${name} skips "${skipped}", which is no case`);
    if (reason === "") throw new Error(`${name} skips "${skipped}" without a reason`);
  }
  describe(`${name} is a blob store`, () => {
    for (const [title, check] of Object.entries(BLOB_STORE_CASES)) {
      const reason = skip[title];
      if (reason !== undefined) console.log(`skipped: ${name}: ${title}: ${reason}`);
      it(title, { skip: reason ?? false }, async () => {
        const opened = await open();
        try {
          await check(opened.store, opened.second ?? opened.store);
        } finally {
          await opened.close();
        }
      });
    }
  });
}
