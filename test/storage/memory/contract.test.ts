import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openMemoryBackend } from "../../../src/storage/memory/backend.ts";
import { describeBlobStore } from "../../contract/blob-store.ts";

describeBlobStore("the memory store", {
  async open() {
    const backend = openMemoryBackend("memory");
    return { store: backend.blobs, close: () => backend.close() };
  },
});

describe("the contract itself", () => {
  const open = async () => ({ store: openMemoryBackend("memory").blobs, close: async () => {} });

  it("knows no skip of a case that is none, and none without a reason", () => {
    assert.throws(() => describeBlobStore("a store", { open, skip: { "no such case": "a reason" } }));
    assert.throws(() => describeBlobStore("a store", { open, skip: { "reads ranges": "" } }));
  });
});
