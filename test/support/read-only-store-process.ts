import assert from "node:assert/strict";
import process from "node:process";
import { openLocalBackend } from "../../src/storage/local/backend.ts";
import { blobSample, collect, listed } from "./blob-samples.ts";
import { rejectsWithCode } from "./rejects-with-code.ts";
import { runtime } from "./test-runtime.ts";

/** A process that sees a store (samples 1 and 2) on a read-only file system: reads it, and is refused every write. */
const [root = ""] = process.argv.slice(2);
const store = openLocalBackend("local", { root, openSqlite: runtime.openSqlite });
const there = [blobSample(1, 2_000), blobSample(2, 200_000)];
const others = [blobSample(3, 1_000), blobSample(4, 100_000)];

for (const { address, bytes } of there) {
  assert.deepEqual((await collect(await store.blobs.get(address)))?.bytes, bytes);
}
assert.equal((await listed(store.blobs.list())).length, there.length);
assert.deepEqual(await listed(store.packing.check()), []);
assert.equal((await store.blobs.health()).healthy, true);
assert.equal(await store.marker.read(), undefined);
for (const { address, bytes } of others) {
  assert.equal(await store.blobs.stat(address), undefined);
  await rejectsWithCode("storage_read_only", store.blobs.put(address, bytes, { size: bytes.length }));
}
for (const { address } of there) await rejectsWithCode("storage_read_only", store.blobs.delete(address));
await rejectsWithCode("storage_read_only", store.marker.create("a marker\n"));
await store.close();
