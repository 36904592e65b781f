import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { appendBody } from "../../src/dataplane/append-body.ts";
import { receiveBody } from "../../src/dataplane/receive-body.ts";
import { ThreadPool } from "../../src/dataplane/thread-pool.ts";
import { blobSample, streamOf } from "./blob-samples.ts";
import { rejectsWithCode } from "./rejects-with-code.ts";

/** A process that receives more than a file system of 6 MiB takes. */
const [directory = ""] = process.argv.slice(2);
const threads = new ThreadPool({ threads: 2, blake3: "auto" });
let files = 0;
const options = {
  smallMaxBytes: 65_536,
  temporaryPath: () => join(directory, `${files++}`),
  maxBytes: 2 ** 30,
};
for (const expectedSize of [undefined, 20 * 2 ** 20]) {
  const huge = streamOf(new Uint8Array(20 * 2 ** 20), 500_000);
  const announced = expectedSize === undefined ? {} : { expectedSize };
  await rejectsWithCode("storage_full", receiveBody(threads, huge, { ...options, ...announced }));
  assert.deepEqual(readdirSync(directory), []);
}
const good = blobSample(1, 3 * 2 ** 20);
const received = await receiveBody(threads, streamOf(good.bytes, 500_000), options);
assert.equal(received.address, good.address);
assert.equal(Buffer.compare(readFileSync(received.temporaryPath ?? ""), good.bytes), 0);

// A part that does not fit leaves what was counted before.
const path = join(directory, "upload");
writeFileSync(path, "");
const durable: number[] = [];
const part = (from: number, bytes: Uint8Array) =>
  appendBody(streamOf(bytes, 300_000), {
    path,
    name: "upload",
    from,
    sizeMax: 2 ** 30,
    onDurable: async (sizeBytes) => {
      durable.push(sizeBytes);
    },
  });
assert.equal(await part(0, good.bytes.subarray(0, 1_000_000)), 1_000_000);
await rejectsWithCode("storage_full", part(1_000_000, new Uint8Array(8 * 2 ** 20)));
assert.deepEqual(durable, [1_000_000]);
assert.equal(await part(1_000_000, good.bytes.subarray(1_000_000, 1_500_000)), 1_500_000);
assert.equal(statSync(path).size, 1_500_000);
assert.equal(Buffer.compare(readFileSync(path), good.bytes.subarray(0, 1_500_000)), 0);
await threads.close();
