import process from "node:process";
import { openLocalBackend } from "../../src/storage/local/backend.ts";
import { blobSample, blobSamples } from "./blob-samples.ts";
import { runtime } from "./test-runtime.ts";

/** A process of its own: puts blobs that all its likes put too, and blobs of its own (`seed`), into one local store. */
const [root = "", seed = "", packMaxBytes = ""] = process.argv.slice(2);
const backend = openLocalBackend("local", {
  root,
  openSqlite: runtime.openSqlite,
  packMaxBytes: Number(packMaxBytes),
});
const { blobs } = backend;
const shared = [...blobSamples(1, 60, 900), blobSample(2, 300_000)];
const own = [...blobSamples(10 + Number(seed), 60, 900), blobSample(100 + Number(seed), 200_000)];
for (let at = 0; at < 60; at += 20) {
  const batch = [
    ...shared.slice(at, at + 20),
    ...own.slice(at, at + 20),
    ...shared.slice(60),
    ...own.slice(60),
  ];
  await Promise.all(batch.map(({ address, bytes }) => blobs.put(address, bytes, { size: bytes.length })));
}
// A blob that all put and delete at about the same time: it may stay or not, and must not disturb the others.
const passing = blobSample(3, 500);
await blobs.put(passing.address, passing.bytes, { size: 500 });
await blobs.delete(passing.address);
await backend.close();
