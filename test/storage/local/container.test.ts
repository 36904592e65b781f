import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { blobSample, blobSamples, collect, listed } from "../../support/blob-samples.ts";
import { faultySqlite } from "../../support/faulty-sqlite.ts";
import { withLocalScene } from "../../support/local-store.ts";
import { rejectsWithCode } from "../../support/rejects-with-code.ts";
import { runtime } from "../../support/test-runtime.ts";

const SAMPLE = blobSample(1, 4_000);
const SIZE = { size: SAMPLE.bytes.length };

const BUSY = 5;
const READ_ONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;

describe("the container of small blobs", () => {
  it("takes blobs up to the configured size, and files take the others", async () => {
    await withLocalScene(
      async ({ backend, root }) => {
        const border = blobSample(2, 4_096);
        const above = blobSample(3, 4_097);
        await backend.blobs.put(border.address, border.bytes, { size: 4_096 });
        assert.equal(existsSync(join(root, "blake3")), false);
        await backend.blobs.put(above.address, above.bytes, { size: 4_097 });
        assert.equal((await backend.blobs.stat(border.address))?.form, "container");
        assert.equal((await backend.blobs.stat(above.address))?.form, "file");
        assert.equal(statSync(backend.files.plainPath(above.address)).size, 4_097);
        assert.equal(statSync(backend.files.plainPath(above.address)).mode & 0o777, 0o444);
      },
      { packMaxBytes: 4_096 },
    );
  });

  it("reading never makes one, nor the root", async () => {
    await withLocalScene(async ({ backend, root }) => {
      assert.equal(await backend.blobs.stat(SAMPLE.address), undefined);
      assert.equal(await backend.blobs.get(SAMPLE.address), undefined);
      assert.equal(await backend.blobs.delete(SAMPLE.address), false);
      assert.deepEqual(await backend.bulkStat.statMany([SAMPLE.address]), [undefined]);
      assert.deepEqual(await listed(backend.blobs.list()), []);
      assert.deepEqual(await listed(backend.leftovers.list()), []);
      assert.deepEqual(await listed(backend.packing.check()), []);
      assert.equal(await backend.marker.read(), undefined);
      assert.equal(await backend.marker.isEmpty(), true);
      assert.equal((await backend.blobs.health()).healthy, true);
      assert.equal(existsSync(root), false);
    });
  });

  it("finds what another process stored after this one looked for the first time", async () => {
    await withLocalScene(async ({ backend, open }) => {
      assert.equal(await backend.blobs.stat(SAMPLE.address), undefined);
      await open().blobs.put(SAMPLE.address, SAMPLE.bytes, SIZE);
      assert.equal((await backend.blobs.stat(SAMPLE.address))?.form, "container");
    });
  });

  it("answers many questions at once as single ones", async () => {
    await withLocalScene(async ({ backend, open }) => {
      const samples = blobSamples(4, 30, 500);
      const plain = open({ packMaxBytes: 0 });
      for (const [index, { address, bytes }] of samples.entries()) {
        if (index % 3 === 0) continue;
        await (index % 3 === 1 ? backend : plain).blobs.put(address, bytes, { size: 500 });
      }
      const asked = [...samples, ...samples.slice(0, 5)].map(({ address }) => address);
      const answers = await backend.bulkStat.statMany(asked);
      assert.deepEqual(answers, await Promise.all(asked.map((address) => backend.blobs.stat(address))));
      assert.equal(answers.filter((answer) => answer === undefined).length, 12);
      assert.deepEqual(await backend.bulkStat.statMany([]), []);
    });
  });

  it("is readable with plain SQL", async () => {
    await withLocalScene(async ({ backend, root }) => {
      await backend.blobs.put(SAMPLE.address, SAMPLE.bytes, SIZE);
      await backend.close();
      const connection = runtime.openSqlite(join(root, "small.db"), { readOnly: false, create: false });
      const rows = connection.prepare("SELECT hex(content_address) AS hex, size, bytes FROM blobs").all([]);
      connection.close();
      assert.equal(rows.length, 1);
      assert.equal(String(rows[0]?.["hex"]).toLowerCase(), SAMPLE.address.slice("blake3:".length));
      assert.deepEqual(rows[0]?.["bytes"], SAMPLE.bytes);
    });
  });

  it("leaves one clean file when it is closed", async () => {
    await withLocalScene(async ({ backend, root }) => {
      await backend.blobs.put(SAMPLE.address, SAMPLE.bytes, SIZE);
      await backend.close();
      assert.deepEqual(readdirSync(root).sort(), ["small.db", "tmp"]);
      assert.deepEqual(readdirSync(join(root, "tmp")), []);
    });
  });

  it("gives space back after many deletions", async () => {
    await withLocalScene(async ({ backend, root }) => {
      const samples = blobSamples(5, 400, 8_000);
      await Promise.all(
        samples.map(({ address, bytes }) => backend.blobs.put(address, bytes, { size: 8_000 })),
      );
      await backend.close();
      const before = statSync(join(root, "small.db")).size;
      assert.ok(before > 3_000_000);
      await Promise.all(samples.slice(10).map(({ address }) => backend.blobs.delete(address)));
      await backend.close();
      const after = statSync(join(root, "small.db")).size;
      assert.ok(after < before / 4, `${after} of ${before} bytes are left`);
      for (const { address, bytes } of samples.slice(0, 10)) {
        assert.deepEqual((await collect(await backend.blobs.get(address)))?.bytes, bytes);
      }
    });
  });

  it("commits changes of one blob in the order of their calls", async () => {
    await withLocalScene(async ({ backend }) => {
      const { blobs } = backend;
      await blobs.put(SAMPLE.address, SAMPLE.bytes, SIZE);
      await Promise.all([
        blobs.delete(SAMPLE.address),
        blobs.put(SAMPLE.address, SAMPLE.bytes, SIZE),
        blobs.put(SAMPLE.address, SAMPLE.bytes, SIZE),
      ]);
      assert.equal((await blobs.stat(SAMPLE.address))?.size, SAMPLE.bytes.length);
    });
  });

  it("drops what was aborted while it waited for its transaction", async () => {
    await withLocalScene(async ({ backend }) => {
      const controller = new AbortController();
      const other = blobSample(6, 100);
      const aborted = backend.blobs.put(SAMPLE.address, SAMPLE.bytes, { ...SIZE, signal: controller.signal });
      const kept = backend.blobs.put(other.address, other.bytes, { size: 100 });
      controller.abort();
      await assert.rejects(aborted, { name: "AbortError" });
      await kept;
      assert.deepEqual(
        (await listed(backend.blobs.list())).map(({ address }) => address),
        [other.address],
      );
    });
  });

  it("refuses a size that no container takes", async () => {
    for (const packMaxBytes of [-1, 0.5, 2 ** 20 + 1, Number.NaN]) {
      await rejectsWithCode(
        "configuration",
        withLocalScene(async () => {}, { packMaxBytes }),
      );
    }
  });
});

describe("a container whose database fails", () => {
  for (const [name, code] of [
    ["a failed fsync of its log", IO_ERROR],
    ["damage", CORRUPT],
  ] as const) {
    it(`${name}: the blobs go into files instead`, async () => {
      await withLocalScene(async ({ backend, open }) => {
        const openSqlite = faultySqlite((sql) => (sql === "COMMIT" ? { code } : undefined));
        const faulty = open({ openSqlite });
        const samples = blobSamples(10, 5, 300);
        await Promise.all(
          samples.map(({ address, bytes }) => faulty.blobs.put(address, bytes, { size: 300 })),
        );
        for (const { address, bytes } of samples) {
          assert.equal((await backend.blobs.stat(address))?.form, "file");
          assert.deepEqual((await collect(await backend.blobs.get(address)))?.bytes, bytes);
        }
      });
    });
  }

  it("a full disk is storage_full, and nothing is visible", async () => {
    await withLocalScene(async ({ backend, open }) => {
      const faulty = open({
        openSqlite: faultySqlite((sql) => (sql === "COMMIT" ? { code: FULL } : undefined)),
      });
      await rejectsWithCode("storage_full", faulty.blobs.put(SAMPLE.address, SAMPLE.bytes, SIZE));
      assert.deepEqual(await listed(backend.blobs.list()), []);
      await backend.blobs.put(SAMPLE.address, SAMPLE.bytes, SIZE);
    });
  });

  it("a read-only database is storage_read_only", async () => {
    await withLocalScene(async ({ backend, open }) => {
      await backend.blobs.put(SAMPLE.address, SAMPLE.bytes, SIZE);
      const openSqlite = faultySqlite((sql) => (sql === "BEGIN IMMEDIATE" ? { code: READ_ONLY } : undefined));
      const other = blobSample(11, 10);
      await rejectsWithCode(
        "storage_read_only",
        open({ openSqlite }).blobs.put(other.address, other.bytes, { size: 10 }),
      );
    });
  });

  it("waits its turn while others write", async () => {
    await withLocalScene(async ({ open }) => {
      let refusals = 0;
      const openSqlite = faultySqlite((sql) => {
        if (sql !== "BEGIN IMMEDIATE" || refusals === 3) return undefined;
        refusals += 1;
        return { code: BUSY };
      });
      const waiting = open({ openSqlite });
      await waiting.blobs.put(SAMPLE.address, SAMPLE.bytes, SIZE);
      assert.equal(refusals, 3);
      assert.equal((await waiting.blobs.stat(SAMPLE.address))?.form, "container");
    });
  });
});

describe("a container where no lock can be taken", () => {
  const noLocks = faultySqlite((sql) => (sql === "open" ? { code: CANNOT_OPEN } : undefined));

  it("is read as it is, and again when it has changed", async () => {
    await withLocalScene(async ({ backend, open }) => {
      await backend.blobs.put(SAMPLE.address, SAMPLE.bytes, SIZE);
      await backend.close();
      const reader = open({ openSqlite: noLocks });
      assert.deepEqual((await collect(await reader.blobs.get(SAMPLE.address)))?.bytes, SAMPLE.bytes);
      const more = blobSamples(12, 20, 3_000);
      for (const { address, bytes } of more) await backend.blobs.put(address, bytes, { size: 3_000 });
      await backend.close();
      for (const { address } of more) assert.equal((await reader.blobs.stat(address))?.size, 3_000);
    });
  });

  it("does not pass over a log that was left behind", async () => {
    await withLocalScene(async ({ backend, open }) => {
      // Held open: what was put is in the write-ahead log alone.
      await backend.blobs.put(SAMPLE.address, SAMPLE.bytes, SIZE);
      const reader = open({ openSqlite: noLocks });
      assert.deepEqual((await collect(await reader.blobs.get(SAMPLE.address)))?.bytes, SAMPLE.bytes);
      const unable = open({
        openSqlite: faultySqlite((sql) =>
          /^open( read-only)?$/.test(sql) ? { code: CANNOT_OPEN } : undefined,
        ),
      });
      await rejectsWithCode("backend_unavailable", unable.blobs.stat(SAMPLE.address));
    });
  });
});
