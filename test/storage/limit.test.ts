import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { faultyBlobStore } from "../../src/storage/fault.ts";
import { limitBlobStore } from "../../src/storage/limit.ts";
import { openMemoryBackend } from "../../src/storage/memory/backend.ts";
import { blobSamples, collect, listed } from "../support/blob-samples.ts";

/** A memory store of which at most three calls are let through, and how many were ever inside at once. */
function limited() {
  let inside = 0;
  const seen = { most: 0, order: [] as number[] };
  const counting = faultyBlobStore(openMemoryBackend("memory").blobs, {
    async before({ number }) {
      seen.order.push(number);
      inside += 1;
      seen.most = Math.max(seen.most, inside);
      await new Promise<void>((resolve) => setImmediate(resolve));
    },
    after() {
      inside -= 1;
    },
  });
  return { store: limitBlobStore(counting, 3), seen };
}

describe("a limited store", () => {
  it("lets so many calls through at once, and the others in order", async () => {
    const { store, seen } = limited();
    const samples = blobSamples(1, 20, 10);
    await Promise.all(samples.map(({ address, bytes }) => store.put(address, bytes, { size: 10 })));
    assert.equal(seen.most, 3);
    assert.deepEqual(
      seen.order,
      [...seen.order].sort((a, b) => a - b),
    );
    assert.equal((await listed(store.list())).length, 20);
    assert.equal(store.properties.putConcurrency, 3);
  });

  it("gives the place of a call that failed to the next", async () => {
    const { store } = limited();
    const samples = blobSamples(2, 10, 10);
    const results = await Promise.allSettled(
      samples.map(({ address, bytes }, index) => store.put(address, bytes, { size: index < 5 ? 11 : 10 })),
    );
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 5);
  });

  it("does not make a reader wait for itself", async () => {
    const { store } = limited();
    const samples = blobSamples(3, 3, 10);
    for (const { address, bytes } of samples) await store.put(address, bytes, { size: 10 });
    const readers = await Promise.all(samples.map(({ address }) => store.get(address)));
    for (const [index, sample] of blobSamples(4, 3, 10).entries()) {
      await store.put(sample.address, sample.bytes, { size: 10 });
      assert.deepEqual((await collect(readers[index]))?.bytes, samples[index]?.bytes);
    }
  });
});
