import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { blobSample, blobSamples, collect, listed } from "../../support/blob-samples.ts";
import { withLocalScene } from "../../support/local-store.ts";
import { runScript } from "../../support/run-script.ts";

const SCRIPT = join(import.meta.dirname, "..", "..", "support", "write-blobs-process.ts");
const PROCESSES = 4;

describe("several processes on one local store", () => {
  for (const [name, sizes] of [
    ["with a container", ["65536"]],
    ["some with a container and some without", ["65536", "0"]],
  ] as const) {
    it(`${name}: every blob is there once, whole`, async () => {
      await withLocalScene(async ({ backend, root }) => {
        const failures = await Promise.all(
          Array.from({ length: PROCESSES }, (_, index) =>
            runScript(SCRIPT, [root, String(index), sizes[index % sizes.length] ?? ""]),
          ),
        );
        assert.deepEqual(failures, Array(PROCESSES).fill(""));
        const expected = [...blobSamples(1, 60, 900), blobSample(2, 300_000)];
        for (let index = 0; index < PROCESSES; index += 1) {
          expected.push(...blobSamples(10 + index, 60, 900), blobSample(100 + index, 200_000));
        }
        const entries = await listed(backend.blobs.list());
        const passing = blobSample(3, 500).address;
        assert.deepEqual(
          entries.map(({ address }) => address).filter((address) => address !== passing),
          expected.map(({ address }) => address).sort(),
        );
        for (const { address, bytes } of expected) {
          assert.deepEqual((await collect(await backend.blobs.get(address)))?.bytes, bytes);
        }
        assert.deepEqual(await listed(backend.leftovers.list()), []);
        assert.deepEqual(await listed(backend.packing.check()), []);
      });
    });
  }
});
