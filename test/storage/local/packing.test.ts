import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import type { PackingReport } from "../../../src/storage/blob-store.ts";
import type { LocalBackend } from "../../../src/storage/local/backend.ts";
import { type BlobSample, blobSample, blobSamples, collect, listed } from "../../support/blob-samples.ts";
import { faultyFileSystem } from "../../support/faulty-file-system.ts";
import { faultySqlite } from "../../support/faulty-sqlite.ts";
import { withLocalScene } from "../../support/local-store.ts";

const SMALL = blobSamples(1, 40, 700);
const LARGE = blobSample(2, 100_000);
const ALL = [...SMALL, LARGE];
const PLAIN = { packMaxBytes: 0 };

async function putAll({ blobs }: LocalBackend, samples: readonly BlobSample[]): Promise<void> {
  await Promise.all(samples.map(({ address, bytes }) => blobs.put(address, bytes, { size: bytes.length })));
}

async function assertWhole(backend: LocalBackend, samples: readonly BlobSample[]): Promise<void> {
  for (const { address, bytes } of samples) {
    assert.deepEqual((await collect(await backend.blobs.get(address)))?.bytes, bytes);
  }
  assert.equal((await listed(backend.blobs.list())).length, samples.length);
}

async function formsOf(backend: LocalBackend): Promise<Record<string, number>> {
  const forms: Record<string, number> = {};
  for (const { form } of await listed(backend.blobs.list())) forms[form] = (forms[form] ?? 0) + 1;
  return forms;
}

describe("pack and unpack", () => {
  it("move small blobs into the container and out again", async () => {
    await withLocalScene(async ({ backend, open }) => {
      await putAll(open(PLAIN), ALL);
      assert.deepEqual(await formsOf(backend), { file: 41 });
      const reports: PackingReport[] = [];
      const packed = await backend.packing.pack({ onProgress: (report) => reports.push(report) });
      assert.deepEqual(packed, { movedCount: 40, movedBytes: 28_000 });
      assert.deepEqual(reports.at(-1), packed);
      assert.deepEqual(await formsOf(backend), { container: 40, file: 1 });
      assert.ok(SMALL.every(({ address }) => !existsSync(backend.files.plainPath(address))));
      await assertWhole(backend, ALL);
      assert.deepEqual(await backend.packing.pack(), { movedCount: 0, movedBytes: 0 });
      assert.deepEqual(await backend.packing.unpack(), { movedCount: 40, movedBytes: 28_000 });
      assert.deepEqual(await formsOf(backend), { file: 41 });
      await assertWhole(backend, ALL);
      assert.deepEqual(await backend.packing.unpack(), { movedCount: 0, movedBytes: 0 });
    });
  });

  it("of an empty store make nothing", async () => {
    await withLocalScene(async ({ backend, root }) => {
      assert.equal((await backend.packing.pack()).movedCount, 0);
      assert.equal((await backend.packing.unpack()).movedCount, 0);
      assert.equal(existsSync(root), false);
    });
  });

  it("pack takes nothing where nothing is to be packed", async () => {
    await withLocalScene(async ({ backend }) => {
      await putAll(backend, SMALL);
      assert.equal((await backend.packing.pack()).movedCount, 0);
      assert.deepEqual(await formsOf(backend), { file: 40 });
    }, PLAIN);
  });

  it("never hide a blob from a reader", async () => {
    await withLocalScene(async ({ backend, open }) => {
      await putAll(backend, SMALL);
      const reader = open(PLAIN);
      let moving = true;
      const addresses = SMALL.map(({ address }) => address);
      const reading = (async () => {
        let rounds = 0;
        for (; moving; rounds += 1) {
          const stats = await reader.bulkStat.statMany(addresses);
          assert.ok(stats.every((stat) => stat?.size === 700));
          for (const { address, bytes } of SMALL.slice(0, 10)) {
            assert.deepEqual((await collect(await reader.blobs.get(address)))?.bytes, bytes);
          }
        }
        return rounds;
      })();
      for (let turn = 0; turn < 3; turn += 1) {
        await backend.packing.unpack();
        await backend.packing.pack();
      }
      moving = false;
      assert.ok((await reading) > 0);
    });
  });

  for (const way of ["pack", "unpack"] as const) {
    it(`${way} completes after a stop at any system call, and loses nothing in between`, async () => {
      const few = SMALL.slice(0, 2);
      const stopAt = async (number: number) =>
        await withLocalScene(async ({ backend, open, root }) => {
          await putAll(open({ packMaxBytes: way === "pack" ? 0 : 65_536 }), few);
          const { fileSystem, steps } = faultyFileSystem(root, (_, at) => (at >= number ? "EIO" : undefined));
          await open({ fileSystem })
            .packing[way]()
            .catch(() => {});
          await assertWhole(backend, few);
          await backend.packing[way]();
          await assertWhole(backend, few);
          assert.deepEqual(await formsOf(backend), way === "pack" ? { container: 2 } : { file: 2 });
          return steps.length;
        });
      const steps = await stopAt(Number.POSITIVE_INFINITY);
      assert.ok(steps >= 5, `${steps} steps`);
      await Promise.all(Array.from({ length: steps }, (_, index) => stopAt(index + 1)));
    });
  }

  it("lose nothing when the container cannot commit", async () => {
    for (const way of ["pack", "unpack"] as const) {
      await withLocalScene(async ({ backend, open }) => {
        await putAll(open({ packMaxBytes: way === "pack" ? 0 : 65_536 }), SMALL.slice(0, 5));
        const openSqlite = faultySqlite((sql) => (sql === "COMMIT" ? { code: 10 } : undefined));
        await assert.rejects(open({ openSqlite }).packing[way]());
        await assertWhole(backend, SMALL.slice(0, 5));
      });
    }
  });

  it("stop when they are told to", async () => {
    await withLocalScene(async ({ backend, open }) => {
      await putAll(open(PLAIN), SMALL);
      const signal = AbortSignal.abort();
      await assert.rejects(backend.packing.pack({ signal }), { name: "AbortError" });
      await backend.packing.pack();
      await assert.rejects(backend.packing.unpack({ signal }), { name: "AbortError" });
      await assertWhole(backend, SMALL);
    });
  });
});
