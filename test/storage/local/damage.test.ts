import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { blake3 } from "@noble/hashes/blake3.js";
import { type ContentAddress, contentAddress } from "../../../src/core/content-address.ts";
import type { LocalBackend } from "../../../src/storage/local/backend.ts";
import { RETIRED_VERSION } from "../../../src/storage/local/container-schema.ts";
import { type BlobSample, blobSample, blobSamples, collect, listed } from "../../support/blob-samples.ts";
import {
  cutFile,
  destroyHeader,
  destroyNamePages,
  destroyRowPage,
  flipBitOf,
} from "../../support/container-pages.ts";
import { type LocalScene, withLocalScene } from "../../support/local-store.ts";
import { rejectsWithCode } from "../../support/rejects-with-code.ts";
import { runtime } from "../../support/test-runtime.ts";

const COUNT = 300;
const BYTES = 1_500;
const SAMPLES = blobSamples(1, COUNT, BYTES);
const [FIRST = blobSample(0, 0)] = SAMPLES;
const LARGE = blobSample(2, 100_000);

const isGenuine = (address: ContentAddress, bytes: Uint8Array) => contentAddress(blake3(bytes)) === address;

interface DamagedScene extends LocalScene {
  readonly path: string;
}

/** A closed store with blobs in both places, damaged, and then looked at by `work`. */
async function withDamage(
  damage: (path: string) => void,
  work: (scene: DamagedScene) => Promise<void>,
): Promise<void> {
  await withLocalScene(async (scene) => {
    const { blobs } = scene.backend;
    const all = [...SAMPLES, LARGE];
    await Promise.all(all.map(({ address, bytes }) => blobs.put(address, bytes, { size: bytes.length })));
    await scene.backend.close();
    const path = join(scene.root, "small.db");
    damage(path);
    await work({ ...scene, path });
  });
}

/** Sorts the samples by what reading them gives. */
async function readAll({ blobs }: LocalBackend): Promise<{ intact: Set<string>; refused: Set<string> }> {
  const intact = new Set<string>();
  const refused = new Set<string>();
  for (const { address, bytes } of SAMPLES) {
    try {
      assert.deepEqual((await collect(await blobs.get(address)))?.bytes, bytes);
      intact.add(address);
    } catch {
      const error = await rejectsWithCode("store_damaged", blobs.get(address));
      assert.ok(error.message.includes(address), "the blob is named");
      refused.add(address);
    }
  }
  return { intact, refused };
}

async function isWhole(backend: LocalBackend, { address, bytes }: BlobSample): Promise<void> {
  assert.deepEqual((await collect(await backend.blobs.get(address)))?.bytes, bytes);
}

async function putAgain({ blobs }: LocalBackend, samples: readonly BlobSample[] = SAMPLES): Promise<void> {
  await Promise.all(samples.map(({ address, bytes }) => blobs.put(address, bytes, { size: BYTES })));
}

describe("rows of the container are destroyed", () => {
  const damage = (path: string) => assert.equal(destroyRowPage(path, FIRST.address), 1);

  it("exactly their blobs are refused, and named by the check; all are listed", async () => {
    await withDamage(damage, async ({ backend }) => {
      const { intact, refused } = await readAll(backend);
      assert.ok(refused.has(FIRST.address));
      assert.ok(refused.size < 10, `${refused.size} blobs of one page`);
      assert.equal(intact.size + refused.size, COUNT);
      const problems = await listed(backend.packing.check());
      assert.deepEqual(new Set(problems.flatMap(({ address }) => address ?? [])), refused);
      assert.equal((await listed(backend.blobs.list())).length, COUNT + 1);
      await isWhole(backend, LARGE);
    });
  });

  it("repair keeps the others; what was dropped is absent and can be put again", async () => {
    await withDamage(damage, async ({ backend, root }) => {
      const { refused } = await readAll(backend);
      const repair = await backend.packing.repair();
      assert.deepEqual(new Set(repair.dropped), refused);
      assert.equal(repair.keptCount, COUNT - refused.size);
      assert.ok(existsSync(join(root, repair.damagedFile)));
      assert.deepEqual(await listed(backend.packing.check({ isGenuine })), []);
      for (const address of repair.dropped) assert.equal(await backend.blobs.stat(address), undefined);
      await putAgain(backend);
      assert.deepEqual((await readAll(backend)).refused, new Set());
      assert.deepEqual(await listed(backend.leftovers.list()), []);
    });
  });
});

describe("names of the container are destroyed", () => {
  const damage = (path: string) => assert.equal(destroyNamePages(path, FIRST.address), 2);

  it("a list yields the others and then says so; the check tells the stretch", async () => {
    await withDamage(damage, async ({ backend }) => {
      const seen: string[] = [];
      await rejectsWithCode("store_damaged", async () => {
        for await (const { address } of backend.blobs.list()) seen.push(address);
      });
      assert.deepEqual(seen, [...seen].sort());
      assert.ok(seen.length >= COUNT / 2 && seen.length <= COUNT, `${seen.length} are listed`);
      assert.ok(seen.includes(LARGE.address));
      assert.ok(!seen.includes(FIRST.address));
      assert.ok((await listed(backend.packing.check())).length > 0);
      await rejectsWithCode("store_damaged", backend.blobs.stat(FIRST.address));
      await rejectsWithCode("store_damaged", backend.bulkStat.statMany([FIRST.address]));
    });
  });

  it("a blob whose place is damaged can be put all the same", async () => {
    await withDamage(damage, async ({ backend }) => {
      await backend.blobs.put(FIRST.address, FIRST.bytes, { size: BYTES });
      assert.equal((await backend.blobs.stat(FIRST.address))?.form, "file");
      assert.equal((await backend.bulkStat.statMany([FIRST.address]))[0]?.form, "file");
      await isWhole(backend, FIRST);
    });
  });

  it("repair loses nothing, for the rows are there", async () => {
    await withDamage(damage, async ({ backend }) => {
      const repair = await backend.packing.repair({ isGenuine });
      assert.equal(repair.keptCount, COUNT);
      assert.deepEqual(repair.dropped, []);
      assert.equal((await readAll(backend)).intact.size, COUNT);
    });
  });
});

describe("the container is cut short", () => {
  const damage = (path: string) => cutFile(path, 0.6);

  it("its blobs are refused by name, files are not, and new blobs are taken", async () => {
    await withDamage(damage, async ({ backend }) => {
      const { refused } = await readAll(backend);
      assert.ok(refused.size > 0);
      await isWhole(backend, LARGE);
      assert.equal((await backend.blobs.health()).healthy, false);
      assert.ok((await listed(backend.packing.check())).length > 0);
      await putAgain(backend, SAMPLES.slice(0, 5));
      assert.equal((await readAll(backend)).intact.size, 5);
      assert.equal(await backend.marker.isEmpty().catch(() => false), false);
    });
  });

  it("repair keeps what lies before the cut", async () => {
    await withDamage(damage, async ({ backend }) => {
      const repair = await backend.packing.repair({ isGenuine });
      assert.ok(repair.keptCount > COUNT / 4 && repair.keptCount < COUNT, `${repair.keptCount} are kept`);
      assert.deepEqual(await listed(backend.packing.check({ isGenuine })), []);
      await putAgain(backend);
      assert.equal((await readAll(backend)).intact.size, COUNT);
    });
  });
});

describe("the header of the container is destroyed", () => {
  it("files are read and new blobs are taken", async () => {
    await withDamage(destroyHeader, async ({ backend }) => {
      assert.equal((await readAll(backend)).refused.size, COUNT);
      await isWhole(backend, LARGE);
      await putAgain(backend, SAMPLES.slice(0, 5));
      assert.equal((await readAll(backend)).intact.size, 5);
    });
  });

  it("repair loses nothing", async () => {
    await withDamage(destroyHeader, async ({ backend }) => {
      assert.equal((await backend.packing.repair({ isGenuine })).keptCount, COUNT);
      assert.equal((await readAll(backend)).intact.size, COUNT);
      assert.equal((await backend.blobs.health()).healthy, true);
    });
  });
});

describe("the container is no database at all", () => {
  it("repair begins anew, and keeps what there was beside", async () => {
    await withDamage(
      (path) => writeFileSync(path, "no database"),
      async ({ backend, root }) => {
        await rejectsWithCode("store_damaged", backend.blobs.stat(FIRST.address));
        const repair = await backend.packing.repair();
        assert.equal(repair.keptCount, 0);
        assert.ok(existsSync(join(root, repair.damagedFile)));
        await putAgain(backend);
        assert.equal((await backend.blobs.stat(FIRST.address))?.form, "container");
        assert.equal((await readAll(backend)).intact.size, COUNT);
        await isWhole(backend, LARGE);
      },
    );
  });
});

describe("a bit of a blob in the container is flipped", () => {
  it("only hashing finds it: the check and the repair that are given a hash", async () => {
    await withDamage(
      (path) => flipBitOf(path, FIRST.bytes),
      async ({ backend }) => {
        assert.deepEqual(await listed(backend.packing.check()), []);
        const problems = await listed(backend.packing.check({ isGenuine }));
        assert.deepEqual(
          problems.map(({ address }) => address),
          [FIRST.address],
        );
        assert.deepEqual((await backend.packing.repair({ isGenuine })).dropped, [FIRST.address]);
      },
    );
  });
});

describe("repair beside other processes", () => {
  it("is refused while another one has the container open, and harms nothing", async () => {
    await withDamage(
      () => {},
      async ({ backend, open }) => {
        const other = open();
        await isWhole(other, FIRST);
        await rejectsWithCode("backend_unavailable", backend.packing.repair());
        await isWhole(other, FIRST);
        await isWhole(backend, FIRST);
        await other.close();
        assert.equal((await backend.packing.repair()).keptCount, COUNT);
      },
    );
  });

  it("a file that was replaced is not written by one who had found its old name", async () => {
    await withDamage(
      (path) => {
        const connection = runtime.openSqlite(path, { readOnly: false, create: false });
        connection.exec(`PRAGMA user_version = ${RETIRED_VERSION}`);
        connection.close();
      },
      async ({ backend }) => {
        await rejectsWithCode("backend_unavailable", backend.blobs.stat(FIRST.address));
      },
    );
  });

  it("is refused where there is no container", async () => {
    await withLocalScene(async ({ backend }) => {
      await rejectsWithCode("store_damaged", backend.packing.repair());
    });
  });
});
