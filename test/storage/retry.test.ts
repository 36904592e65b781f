import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ArtifactstoreError, type ErrorCode } from "../../src/core/errors.ts";
import type { BlobStore } from "../../src/storage/blob-store.ts";
import { failCall, faultyBlobStore } from "../../src/storage/fault.ts";
import { openMemoryBackend } from "../../src/storage/memory/backend.ts";
import { type RetryOptions, retryBlobStore } from "../../src/storage/retry.ts";
import { blobSample, blobSamples, collect, listed, streamOf } from "../support/blob-samples.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

const SAMPLE = blobSample(1, 100);
const SIZE = { size: 100 };

const failure = (code: ErrorCode = "backend_unavailable") =>
  new ArtifactstoreError(code, "Cannot reach it: injected");

/** Repeats up to four tries, writing down the pauses. */
function repeating(store: BlobStore, pauses: number[] = []): BlobStore {
  const options: RetryOptions = {
    triesMax: 4,
    firstPauseMs: 100,
    pauseMaxMs: 300,
    random: () => 0.5,
    sleep: async (milliseconds) => {
      pauses.push(milliseconds);
    },
  };
  return retryBlobStore(store, options);
}

describe("a store whose calls are repeated", () => {
  it("repeats every verb, before and after its effect", async () => {
    for (const when of ["before", "after"] as const) {
      const { blobs } = openMemoryBackend("memory");
      for (const verb of ["put", "stat", "get", "list", "delete"] as const) {
        const store = repeating(faultyBlobStore(blobs, failCall(verb, 1, when, failure())));
        await store.put(SAMPLE.address, SAMPLE.bytes, SIZE);
        assert.equal((await store.stat(SAMPLE.address))?.size, 100);
        assert.deepEqual((await collect(await store.get(SAMPLE.address)))?.bytes, SAMPLE.bytes);
        assert.equal((await listed(store.list())).length, 1);
        // A deletion whose answer was lost finds nothing when it is repeated.
        assert.equal(await store.delete(SAMPLE.address), verb !== "delete" || when === "before");
      }
    }
  });

  it("pauses longer each time, up to a bound, and then gives up", async () => {
    const pauses: number[] = [];
    const down = faultyBlobStore(openMemoryBackend("memory").blobs, {
      before() {
        throw failure();
      },
    });
    await rejectsWithCode("backend_unavailable", repeating(down, pauses).stat(SAMPLE.address));
    assert.deepEqual(pauses, [50, 100, 150]);
  });

  it("repeats no other failure", async () => {
    for (const code of ["storage_full", "storage_read_only", "store_damaged", "digest_mismatch"] as const) {
      const pauses: number[] = [];
      const { blobs } = openMemoryBackend("memory");
      const store = repeating(faultyBlobStore(blobs, failCall("put", 1, "before", failure(code))), pauses);
      await rejectsWithCode(code, store.put(SAMPLE.address, SAMPLE.bytes, SIZE));
      assert.deepEqual(pauses, []);
    }
  });

  it("repeats a put from a stream only while the stream is untouched", async () => {
    const { blobs } = openMemoryBackend("memory");
    const before = repeating(faultyBlobStore(blobs, failCall("put", 1, "before", failure())));
    await before.put(SAMPLE.address, streamOf(SAMPLE.bytes, 30), SIZE);
    assert.deepEqual((await collect(await blobs.get(SAMPLE.address)))?.bytes, SAMPLE.bytes);
    await blobs.delete(SAMPLE.address);
    const after = repeating(faultyBlobStore(blobs, failCall("put", 1, "after", failure())));
    await rejectsWithCode("backend_unavailable", after.put(SAMPLE.address, streamOf(SAMPLE.bytes, 30), SIZE));
  });

  it("reads on where reading broke off", async () => {
    const large = blobSample(2, 3 * 2 ** 20 + 5);
    const { blobs } = openMemoryBackend("memory");
    await blobs.put(large.address, large.bytes, { size: large.bytes.length });
    const breaking: BlobStore = Object.create(blobs, {
      properties: { value: blobs.properties },
      get: {
        value: async (...call: Parameters<BlobStore["get"]>) => {
          const chunks = await blobs.get(...call);
          return chunks === undefined ? undefined : firstOnly(chunks);
        },
      },
    });
    async function* firstOnly(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        yield chunk;
        throw failure();
      }
    }
    const store = repeating(breaking);
    assert.deepEqual((await collect(await store.get(large.address)))?.bytes, large.bytes);
    const range = { start: 7, end: 2 ** 21 + 9 };
    assert.deepEqual(
      (await collect(await store.get(large.address, { range })))?.bytes,
      large.bytes.slice(range.start, range.end),
    );
  });

  it("lists on where the list broke off", async () => {
    const { blobs } = openMemoryBackend("memory");
    const samples = blobSamples(3, 10, 20);
    for (const { address, bytes } of samples) await blobs.put(address, bytes, { size: 20 });
    const breaking: BlobStore = Object.create(blobs, {
      properties: { value: blobs.properties },
      list: {
        value: async function* (...call: Parameters<BlobStore["list"]>) {
          let count = 0;
          for await (const entry of blobs.list(...call)) {
            yield entry;
            count += 1;
            if (count === 3) throw failure();
          }
        },
      },
    });
    assert.deepEqual(
      (await listed(repeating(breaking).list())).map(({ address }) => address),
      samples.map(({ address }) => address).sort(),
    );
  });

  it("does not go on after an abort", async () => {
    const controller = new AbortController();
    const pauses: number[] = [];
    const { blobs } = openMemoryBackend("memory");
    const store = repeating(
      faultyBlobStore(blobs, {
        before() {
          controller.abort();
          throw failure();
        },
      }),
      pauses,
    );
    const options = { ...SIZE, signal: controller.signal };
    await rejectsWithCode("backend_unavailable", store.put(SAMPLE.address, SAMPLE.bytes, options));
    assert.deepEqual(pauses, []);
  });
});
