import assert from "node:assert/strict";
import { parseContentAddress } from "../../src/core/content-address.ts";
import type { BlobStore } from "../../src/storage/blob-store.ts";
import { blobSample, blobSamples, collect, listed, streamOf } from "../support/blob-samples.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

/** @param second another view of the same blobs */
export type BlobStoreCase = (store: BlobStore, second: BlobStore) => Promise<void>;

const KIB = 1024;
const MIB = 1024 * KIB;
/** Sizes on both sides of every border that a store of ours has. */
const SIZES = [0, 1, 4 * KIB, 64 * KIB, 64 * KIB + 1, MIB, MIB + 1];

/** What every store must do, by the name of the case. Each begins with an empty store. */
export const BLOB_STORE_CASES: Readonly<Record<string, BlobStoreCase>> = {
  "stores blobs of every size, given as bytes": async (store, second) => {
    for (const [seed, size] of SIZES.entries()) {
      const { address, bytes } = blobSample(seed + 1, size);
      await store.put(address, bytes, { size });
      assert.deepEqual((await collect(await store.get(address)))?.bytes, bytes);
      assert.deepEqual((await collect(await second.get(address)))?.bytes, bytes);
      assert.equal((await second.stat(address))?.size, size);
    }
  },

  "stores blobs of every size, given as a stream": async (store) => {
    for (const [seed, size] of SIZES.entries()) {
      const { address, bytes } = blobSample(seed + 20, size);
      await store.put(address, streamOf(bytes, 10_007), { size });
      assert.deepEqual((await collect(await store.get(address)))?.bytes, bytes);
    }
  },

  "streams 5 MiB in chunks of at most 1 MiB": async (store) => {
    const { address, bytes } = blobSample(40, 5 * MIB);
    await store.put(address, streamOf(bytes, 300_000), { size: bytes.length });
    const found = await collect(await store.get(address));
    assert.deepEqual(found?.bytes, bytes);
    assert.ok((found?.longestChunkBytes ?? 0) <= MIB);
  },

  "takes chunks that the source uses again": async (store) => {
    const { address, bytes } = blobSample(41, 200_000);
    const shared = new Uint8Array(1_000);
    async function* source() {
      for (let at = 0; at < bytes.length; at += shared.length) {
        shared.set(bytes.subarray(at, at + shared.length));
        yield shared;
      }
    }
    await store.put(address, source(), { size: bytes.length });
    assert.deepEqual((await collect(await store.get(address)))?.bytes, bytes);
  },

  "reads ranges": async (store) => {
    for (const size of [100, 3 * MIB]) {
      const { address, bytes } = blobSample(50 + size, size);
      await store.put(address, bytes, { size });
      const read = async (start: number, end: number) =>
        (await collect(await store.get(address, { range: { start, end } })))?.bytes;
      for (const [start, end] of [
        [0, 0],
        [0, 1],
        [10, 90],
        [size - 1, size],
        [size - 10, size + 10],
        [size, size],
        [size + 5, size + 9],
        [0, Number.MAX_SAFE_INTEGER],
        [1, Math.max(2, size - 1)],
      ] as const) {
        assert.deepEqual(await read(start, end), bytes.slice(start, end), `${start} to ${end} of ${size}`);
      }
    }
  },

  "refuses what is not a range": async (store) => {
    const { address, bytes } = blobSample(52, 100);
    await store.put(address, bytes, { size: 100 });
    for (const range of [
      { start: 2, end: 1 },
      { start: -1, end: 1 },
      { start: 0.5, end: 1 },
      { start: 0, end: Number.NaN },
    ]) {
      await rejectsWithCode("invalid_input", store.get(address, { range }));
    }
  },

  "absence is a value": async (store) => {
    const { address } = blobSample(60, 10);
    assert.equal(await store.get(address), undefined);
    assert.equal(await store.stat(address), undefined);
    assert.equal(await store.delete(address), false);
    assert.deepEqual(await listed(store.list()), []);
  },

  "tells size and age": async (store) => {
    for (const size of [100, 2 * MIB]) {
      const { address, bytes } = blobSample(61, size);
      await store.put(address, bytes, { size });
      const stat = await store.stat(address);
      assert.equal(stat?.size, size);
      assert.ok(Number.isInteger(stat.modifiedAt) && Math.abs(Date.now() - stat.modifiedAt) < 600_000);
      assert.match(stat.form, /^(file|container|object|memory)$/);
    }
  },

  "a second put of the right size rewrites nothing": async (store) => {
    for (const size of [100, 2 * MIB]) {
      const { address, bytes } = blobSample(70, size);
      await store.put(address, bytes, { size });
      const before = await store.stat(address);
      await store.put(address, new Uint8Array(size), { size });
      assert.deepEqual((await collect(await store.get(address)))?.bytes, bytes);
      assert.deepEqual(await store.stat(address), before);
    }
  },

  "a put of another size replaces": async (store, second) => {
    for (const [wrong, right] of [
      [50, 100],
      [100, 2 * MIB],
      [2 * MIB, 100],
      [2 * MIB, 3 * MIB],
      [0, 10],
    ] as const) {
      const { address, bytes } = blobSample(71 + wrong + right, right);
      await store.put(address, new Uint8Array(wrong), { size: wrong });
      await store.put(address, bytes, { size: right });
      assert.equal((await second.stat(address))?.size, right);
      assert.deepEqual((await collect(await second.get(address)))?.bytes, bytes);
      assert.deepEqual(
        (await listed(store.list())).filter((entry) => entry.address === address).map(({ size }) => size),
        [right],
      );
      assert.equal(await store.delete(address), true);
      assert.equal(await store.stat(address), undefined);
    }
  },

  "refuses bodies that end early or run over, and keeps nothing of them": async (store) => {
    for (const size of [100, 2 * MIB]) {
      const { address, bytes } = blobSample(80, size);
      for (const body of [
        bytes.subarray(1),
        new Uint8Array(size + 1),
        streamOf(bytes.subarray(1), 30_000),
        streamOf(new Uint8Array(size + 1), 30_000),
        streamOf(new Uint8Array(0), 1),
      ]) {
        await rejectsWithCode("digest_mismatch", store.put(address, body, { size }));
      }
      assert.equal(await store.stat(address), undefined);
      assert.equal(await store.get(address), undefined);
    }
    assert.deepEqual(await listed(store.list()), []);
  },

  "passes the failure of a body on, and keeps nothing of it": async (store) => {
    const failure = new Error("the source broke off");
    for (const size of [100, 2 * MIB]) {
      const { address, bytes } = blobSample(81, size);
      async function* broken() {
        yield bytes.subarray(0, size / 2);
        throw failure;
      }
      await assert.rejects(store.put(address, broken(), { size }), (error) => error === failure);
      assert.equal(await store.stat(address), undefined);
      await store.put(address, bytes, { size });
      assert.equal((await store.stat(address))?.size, size);
    }
  },

  "an aborted put leaves nothing": async (store) => {
    for (const size of [100, 2 * MIB]) {
      const { address, bytes } = blobSample(82, size);
      const early = AbortSignal.abort();
      await assert.rejects(store.put(address, bytes, { size, signal: early }), { name: "AbortError" });
      const controller = new AbortController();
      async function* silent() {
        yield bytes.subarray(0, size / 2);
        setImmediate(() => controller.abort());
        await new Promise<never>(() => {});
      }
      await assert.rejects(store.put(address, silent(), { size, signal: controller.signal }), {
        name: "AbortError",
      });
      assert.equal(await store.stat(address), undefined);
    }
    assert.deepEqual(await listed(store.list()), []);
  },

  "an aborted get ends": async (store) => {
    const { address, bytes } = blobSample(83, 3 * MIB);
    await store.put(address, bytes, { size: bytes.length });
    await assert.rejects(store.get(address, { signal: AbortSignal.abort() }), { name: "AbortError" });
    const controller = new AbortController();
    const chunks = await store.get(address, { signal: controller.signal });
    await assert.rejects(
      async () => {
        for await (const _ of chunks ?? []) controller.abort();
      },
      { name: "AbortError" },
    );
  },

  "a reader may give up": async (store) => {
    const { address, bytes } = blobSample(84, 3 * MIB);
    await store.put(address, bytes, { size: bytes.length });
    for await (const chunk of (await store.get(address)) ?? []) {
      assert.ok(chunk.length > 0);
      break;
    }
    assert.deepEqual((await collect(await store.get(address)))?.bytes, bytes);
  },

  "deletes, and answers whether there was one": async (store, second) => {
    for (const size of [0, 100, 2 * MIB]) {
      const { address, bytes } = blobSample(90, size);
      await store.put(address, bytes, { size });
      assert.equal(await second.delete(address), true);
      assert.equal(await store.delete(address), false);
      assert.equal(await store.stat(address), undefined);
      assert.equal(await store.get(address), undefined);
      await store.put(address, bytes, { size });
      assert.deepEqual((await collect(await store.get(address)))?.bytes, bytes);
    }
  },

  "lists each blob once, in order, from any point": async (store) => {
    const samples = [...blobSamples(91, 40, 10), ...blobSamples(92, 10, 70 * KIB)];
    await Promise.all(samples.map(({ address, bytes }) => store.put(address, bytes, { size: bytes.length })));
    const sizes = new Map(samples.map(({ address, bytes }) => [address, bytes.length]));
    const ordered = [...sizes.keys()].sort();
    const entries = await listed(store.list());
    assert.deepEqual(
      entries.map(({ address }) => address),
      ordered,
    );
    for (const { address, ...stat } of entries) {
      assert.equal(stat.size, sizes.get(address));
      assert.deepEqual(stat, await store.stat(address));
    }
    for (const index of [0, 1, 24, 48, 49]) {
      const after = ordered[index];
      assert.ok(after !== undefined);
      const rest = await listed(store.list({ after }));
      assert.deepEqual(
        rest.map(({ address }) => address),
        ordered.slice(index + 1),
      );
    }
    // A point that is no blob.
    const between = blobSample(93, 11).address;
    assert.deepEqual(
      (await listed(store.list({ after: between }))).map(({ address }) => address),
      ordered.filter((address) => address > between),
    );
  },

  "a list may be left early, and blobs may change while it runs": async (store) => {
    const samples = blobSamples(94, 20, 10);
    for (const { address, bytes } of samples) await store.put(address, bytes, { size: 10 });
    for await (const { address } of store.list()) assert.equal(await store.delete(address), true);
    assert.deepEqual(await listed(store.list()), []);
    for (const { address, bytes } of samples) await store.put(address, bytes, { size: 10 });
    for await (const _ of store.list()) break;
    assert.equal((await listed(store.list())).length, samples.length);
  },

  "many puts of one blob at once": async (store, second) => {
    for (const size of [100, 2 * MIB]) {
      const { address, bytes } = blobSample(100, size);
      const body = (index: number) => (index % 2 === 0 ? bytes : streamOf(bytes, 100_000));
      await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          (index % 3 === 0 ? second : store).put(address, body(index), { size }),
        ),
      );
      assert.deepEqual((await collect(await store.get(address)))?.bytes, bytes);
      assert.equal((await listed(store.list())).filter((entry) => entry.address === address).length, 1);
    }
  },

  "a thousand small puts at once": async (store, second) => {
    // Names that share few directories: a store does not hash, and an fsync of each directory is not what is tested.
    const samples = blobSamples(101, 1_000, 600).map(({ address, bytes }) => ({
      address: parseContentAddress(`blake3:ab0${address.slice(10)}`),
      bytes,
    }));
    await Promise.all(samples.map(({ address, bytes }) => store.put(address, bytes, { size: 600 })));
    assert.equal((await listed(second.list())).length, 1_000);
    for (const { address, bytes } of samples.filter((_, index) => index % 97 === 0)) {
      assert.deepEqual((await collect(await second.get(address)))?.bytes, bytes);
    }
    const answers = await Promise.all(samples.slice(0, 500).map(({ address }) => store.delete(address)));
    assert.ok(answers.every((existed) => existed));
    assert.equal((await listed(second.list())).length, 500);
  },

  "puts, reads and deletes of different blobs at once": async (store) => {
    const small = blobSamples(102, 50, 300);
    const large = blobSamples(103, 4, 300 * KIB);
    await Promise.all(
      [...small, ...large].map(async ({ address, bytes }, index) => {
        await store.put(address, bytes, { size: bytes.length });
        assert.deepEqual((await collect(await store.get(address)))?.bytes, bytes);
        if (index % 2 === 0) assert.equal(await store.delete(address), true);
      }),
    );
    assert.equal((await listed(store.list())).length, 27);
  },

  "says that it is healthy": async (store) => {
    const health = await store.health();
    assert.equal(health.healthy, true, health.detail);
    assert.notEqual(health.detail, "");
  },
};
