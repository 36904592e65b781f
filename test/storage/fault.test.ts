import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ArtifactstoreError } from "../../src/core/errors.ts";
import { type BlobStoreCall, failCall, faultyBlobStore } from "../../src/storage/fault.ts";
import { openMemoryBackend } from "../../src/storage/memory/backend.ts";
import { blobSample, blobSamples, listed } from "../support/blob-samples.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

const SAMPLE = blobSample(1, 10);
const FULL = new ArtifactstoreError("storage_full", "Cannot store it: injected");

describe("a store with faults", () => {
  it("fails the call that was named, once, before or after its effect", async () => {
    for (const when of ["before", "after"] as const) {
      const { blobs } = openMemoryBackend("memory");
      const store = faultyBlobStore(blobs, failCall("put", 2, when, FULL));
      const [first, second, third] = blobSamples(2, 3, 10);
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      await store.put(first.address, first.bytes, { size: 10 });
      await rejectsWithCode("storage_full", store.put(second.address, second.bytes, { size: 10 }));
      assert.equal((await blobs.stat(second.address)) !== undefined, when === "after");
      await store.put(third.address, third.bytes, { size: 10 });
    }
  });

  it("tells its hooks every call", async () => {
    const calls: string[] = [];
    const note = (when: string) => (call: BlobStoreCall) => {
      calls.push(`${when} ${call.verb} ${call.number} ${call.address === SAMPLE.address}`);
    };
    const { blobs } = openMemoryBackend("memory");
    const store = faultyBlobStore(blobs, { before: note("before"), after: note("after") });
    await store.put(SAMPLE.address, SAMPLE.bytes, { size: 10 });
    await store.get(SAMPLE.address);
    await store.stat(SAMPLE.address);
    await listed(store.list());
    await store.health();
    await store.delete(SAMPLE.address);
    await store.delete(SAMPLE.address);
    assert.deepEqual(calls, [
      "before put 1 true",
      "after put 1 true",
      "before get 1 true",
      "after get 1 true",
      "before stat 1 true",
      "after stat 1 true",
      "before list 1 false",
      "after list 1 false",
      "before health 1 false",
      "after health 1 false",
      "before delete 1 true",
      "after delete 1 true",
      "before delete 2 true",
      "after delete 2 true",
    ]);
  });
});
