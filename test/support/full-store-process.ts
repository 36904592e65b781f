import assert from "node:assert/strict";
import process from "node:process";
import { openLocalBackend } from "../../src/storage/local/backend.ts";
import { blobSample, blobSamples, collect, listed } from "./blob-samples.ts";
import { rejectsWithCode } from "./rejects-with-code.ts";
import { runtime } from "./test-runtime.ts";

/** A process that fills a store on a file system of 3 MiB. */
const [root = ""] = process.argv.slice(2);
const { blobs, leftovers, close } = openLocalBackend("local", { root, openSqlite: runtime.openSqlite });
const early = [blobSample(1, 2_000), blobSample(2, 200_000)];
for (const { address, bytes } of early) await blobs.put(address, bytes, { size: bytes.length });

const huge = blobSample(3, 4 * 2 ** 20);
await rejectsWithCode("storage_full", blobs.put(huge.address, huge.bytes, { size: huge.bytes.length }));

const many = blobSamples(4, 100, 60_000);
const results = await Promise.allSettled(
  many.map(({ address, bytes }) => blobs.put(address, bytes, { size: bytes.length })),
);
const failed = results.filter((result) => result.status === "rejected");
assert.ok(failed.length > 0);
for (const { reason } of failed) await rejectsWithCode("storage_full", Promise.reject(reason));

assert.deepEqual(await listed(leftovers.list()), []);
for (const { address, bytes } of early) {
  assert.deepEqual((await collect(await blobs.get(address)))?.bytes, bytes);
}
assert.equal((await listed(blobs.list())).length, early.length + results.length - failed.length);

// Room again: what is deleted makes place for what comes.
for (const { address } of early) assert.equal(await blobs.delete(address), true);
const late = blobSample(5, 1_000);
await blobs.put(late.address, late.bytes, { size: late.bytes.length });
assert.deepEqual((await collect(await blobs.get(late.address)))?.bytes, late.bytes);
await close();
