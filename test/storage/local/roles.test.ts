import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { blobSample, blobSamples, collect, listed } from "../../support/blob-samples.ts";
import { type LocalScene, withLocalScene } from "../../support/local-store.ts";
import { rejectsWithCode } from "../../support/rejects-with-code.ts";

const SAMPLE = blobSample(1, 3_000);

/** A complete file of these bytes, where the intake wants it. */
function offered({ backend }: LocalScene, bytes: Uint8Array): string {
  const path = backend.intake.temporaryPath();
  writeFileSync(path, bytes, { flag: "wx", mode: 0o600 });
  return path;
}

describe("the intake of the local store", () => {
  it("makes a complete file a blob, readable by all and writable by none", async () => {
    await withLocalScene(async (scene) => {
      const { backend } = scene;
      const path = offered(scene, SAMPLE.bytes);
      await backend.intake.adopt(SAMPLE.address, 3_000, path);
      assert.equal(existsSync(path), false);
      assert.deepEqual((await collect(await backend.blobs.get(SAMPLE.address)))?.bytes, SAMPLE.bytes);
      assert.equal(statSync(backend.files.plainPath(SAMPLE.address)).mode & 0o777, 0o444);
      assert.deepEqual(await listed(backend.leftovers.list()), []);
    });
  });

  it("removes the file if the blob is there already, in either place", async () => {
    for (const packMaxBytes of [0, 65_536]) {
      await withLocalScene(
        async (scene) => {
          const { backend } = scene;
          await backend.blobs.put(SAMPLE.address, SAMPLE.bytes, { size: 3_000 });
          const before = await backend.blobs.stat(SAMPLE.address);
          const path = offered(scene, SAMPLE.bytes);
          await backend.intake.adopt(SAMPLE.address, 3_000, path);
          assert.equal(existsSync(path), false);
          assert.deepEqual(await backend.blobs.stat(SAMPLE.address), before);
        },
        { packMaxBytes },
      );
    }
  });

  it("replaces a blob of another size, in either place", async () => {
    for (const packMaxBytes of [0, 65_536]) {
      await withLocalScene(
        async (scene) => {
          const { backend } = scene;
          await backend.blobs.put(SAMPLE.address, SAMPLE.bytes.subarray(1), { size: 2_999 });
          await backend.intake.adopt(SAMPLE.address, 3_000, offered(scene, SAMPLE.bytes));
          assert.deepEqual((await collect(await backend.blobs.get(SAMPLE.address)))?.bytes, SAMPLE.bytes);
          assert.equal((await listed(backend.blobs.list())).length, 1);
        },
        { packMaxBytes },
      );
    }
  });

  it("refuses a file of another size, and a link, and removes them", async () => {
    await withLocalScene(async (scene) => {
      const { backend, root } = scene;
      const short = offered(scene, SAMPLE.bytes.subarray(1));
      await rejectsWithCode("digest_mismatch", backend.intake.adopt(SAMPLE.address, 3_000, short));
      const target = join(root, "elsewhere");
      writeFileSync(target, SAMPLE.bytes);
      const link = backend.intake.temporaryPath();
      symlinkSync(target, link);
      await rejectsWithCode("store_damaged", backend.intake.adopt(SAMPLE.address, 3_000, link));
      assert.equal(existsSync(short) || existsSync(link), false);
      assert.equal(await backend.blobs.stat(SAMPLE.address), undefined);
    });
  });

  it("takes only files of its own directory", async () => {
    await withLocalScene(async (scene) => {
      const outside = join(dirname(scene.root), "outside");
      writeFileSync(outside, SAMPLE.bytes);
      await rejectsWithCode("internal", scene.backend.intake.adopt(SAMPLE.address, 3_000, outside));
      assert.ok(existsSync(outside));
    });
  });

  it("takes many at once", async () => {
    await withLocalScene(async (scene) => {
      const samples = blobSamples(2, 30, 200);
      await Promise.all(
        samples.map(({ address, bytes }) => scene.backend.intake.adopt(address, 200, offered(scene, bytes))),
      );
      assert.equal((await listed(scene.backend.blobs.list())).length, 30);
    });
  });
});

describe("plain blobs", () => {
  it("are not read through a link, nor where a directory has their name", async () => {
    await withLocalScene(async ({ backend, root }) => {
      const secret = join(dirname(root), "secret");
      writeFileSync(secret, SAMPLE.bytes);
      const path = backend.files.plainPath(SAMPLE.address);
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(secret, path);
      await rejectsWithCode("store_damaged", backend.blobs.get(SAMPLE.address));
      await rejectsWithCode("store_damaged", backend.blobs.stat(SAMPLE.address));
      assert.deepEqual(await listed(backend.blobs.list()), []);
      const other = blobSample(3, 10);
      mkdirSync(backend.files.plainPath(other.address), { recursive: true });
      await rejectsWithCode("store_damaged", backend.blobs.get(other.address));
      // A put makes it right again, and leaves alone what the link led to.
      await backend.blobs.put(SAMPLE.address, SAMPLE.bytes, { size: 3_000 });
      assert.deepEqual((await collect(await backend.blobs.get(SAMPLE.address)))?.bytes, SAMPLE.bytes);
      assert.ok(existsSync(secret));
    });
  });

  it("are listed only where they can be found", async () => {
    await withLocalScene(
      async ({ backend, root }) => {
        await backend.blobs.put(SAMPLE.address, SAMPLE.bytes, { size: 3_000 });
        const hex = SAMPLE.address.slice(7);
        for (const stray of [`blake3/00/00/${hex}`, "blake3/README", "blake3/00/00/short", `blake3/${hex}`]) {
          mkdirSync(dirname(join(root, stray)), { recursive: true });
          writeFileSync(join(root, stray), "stray");
        }
        assert.deepEqual(
          (await listed(backend.blobs.list())).map(({ address }) => address),
          [SAMPLE.address],
        );
      },
      { packMaxBytes: 0 },
    );
  });

  it("are read to the end though they are removed meanwhile", async () => {
    await withLocalScene(async ({ backend }) => {
      const large = blobSample(4, 3 * 2 ** 20);
      await backend.blobs.put(large.address, large.bytes, { size: large.bytes.length });
      const chunks = await backend.blobs.get(large.address);
      assert.equal(await backend.blobs.delete(large.address), true);
      assert.deepEqual((await collect(chunks))?.bytes, large.bytes);
    });
  });
});

describe("the marker of the local store", () => {
  it("is written once, and replaced only on purpose", async () => {
    await withLocalScene(async ({ backend, open, root }) => {
      assert.equal(await backend.marker.create("first\n"), true);
      assert.equal(await open().marker.create("second\n"), false);
      assert.equal(await open().marker.read(), "first\n");
      await backend.marker.replace("third\n");
      assert.equal(readFileSync(join(root, "store.json"), "utf8"), "third\n");
      assert.deepEqual(await listed(backend.leftovers.list()), []);
    });
  });

  it("one of many that are written at once stays", async () => {
    await withLocalScene(async ({ open }) => {
      const texts = Array.from({ length: 8 }, (_, index) => `marker ${index}\n`);
      const answers = await Promise.all(texts.map((text) => open().marker.create(text)));
      assert.equal(answers.filter((created) => created).length, 1);
      assert.equal(await open().marker.read(), texts[answers.indexOf(true)]);
    });
  });

  it("tells an empty store from one that holds blobs in either place", async () => {
    for (const packMaxBytes of [0, 65_536]) {
      await withLocalScene(
        async ({ backend }) => {
          await backend.marker.create("a marker\n");
          backend.intake.temporaryPath();
          assert.equal(await backend.marker.isEmpty(), true);
          await backend.blobs.put(SAMPLE.address, SAMPLE.bytes, { size: 3_000 });
          assert.equal(await backend.marker.isEmpty(), false);
          await backend.blobs.delete(SAMPLE.address);
          assert.equal(await backend.marker.isEmpty(), true);
        },
        { packMaxBytes },
      );
    }
  });
});

describe("left-over files of the local store", () => {
  it("are listed with size and age, and removed by name", async () => {
    await withLocalScene(async (scene) => {
      const { backend } = scene;
      const path = offered(scene, SAMPLE.bytes);
      utimesSync(path, 1_000, 1_000);
      const [leftover, ...more] = await listed(backend.leftovers.list());
      assert.ok(leftover !== undefined && more.length === 0);
      assert.deepEqual(
        { size: leftover.size, modifiedAt: leftover.modifiedAt },
        { size: 3_000, modifiedAt: 1_000_000 },
      );
      await backend.leftovers.remove(leftover.name);
      assert.equal(existsSync(path), false);
      await backend.leftovers.remove(leftover.name);
    });
  });

  it("have no names that lead elsewhere", async () => {
    await withLocalScene(async ({ backend, root }) => {
      await backend.marker.create("a marker\n");
      for (const name of [
        "store.json",
        "tmp/../store.json",
        "tmp/..",
        "tmp/.",
        "tmp/",
        "tmp/a/b",
        "/tmp/a",
        "tmp\\a",
        "",
      ]) {
        await rejectsWithCode("invalid_input", backend.leftovers.remove(name));
      }
      assert.ok(existsSync(join(root, "store.json")));
    });
  });
});

describe("health of the local store", () => {
  it("tells the space, also before the root is made", async () => {
    await withLocalScene(async ({ backend }) => {
      for (const step of ["before", "after"]) {
        const health = await backend.blobs.health();
        assert.equal(health.healthy, true, step);
        assert.ok((health.freeBytes ?? 0) > 0 && (health.totalBytes ?? 0) >= (health.freeBytes ?? 0));
        await backend.blobs.put(SAMPLE.address, SAMPLE.bytes, { size: 3_000 });
      }
    });
  });

  it("says what is wrong instead of throwing", async () => {
    await withLocalScene(async ({ backend, root }) => {
      writeFileSync(root, "a file has the root's name");
      assert.equal((await backend.blobs.health()).healthy, false);
      await rejectsWithCode(
        "backend_unavailable",
        backend.blobs.put(SAMPLE.address, SAMPLE.bytes, { size: 3_000 }),
      );
    });
  });
});
