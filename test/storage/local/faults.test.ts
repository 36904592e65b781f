import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { LocalBackend } from "../../../src/storage/local/backend.ts";
import { type BlobSample, blobSample, collect, listed, streamOf } from "../../support/blob-samples.ts";
import { type FaultPlan, faultyFileSystem } from "../../support/faulty-file-system.ts";
import { type LocalScene, openLocalScene, withLocalScene } from "../../support/local-store.ts";
import { rejectsWithCode } from "../../support/rejects-with-code.ts";

const PLAIN = { packMaxBytes: 0 };

/** Something that a store does, and what must be so once it has resolved, if only after a rerun. */
interface Work {
  readonly name: string;
  readonly packMaxBytes: number;
  /** Whether a call that fails may still have had its effect, whole. */
  run(backend: LocalBackend): Promise<void>;
  done(backend: LocalBackend): Promise<boolean>;
}

const SAMPLE = blobSample(1, 5_000);

async function holdsWhole(backend: LocalBackend, { address, bytes }: BlobSample): Promise<boolean> {
  const found = await collect(await backend.blobs.get(address));
  if (found === undefined) {
    assert.equal(await backend.blobs.stat(address), undefined);
    return false;
  }
  assert.deepEqual(found.bytes, bytes, "a blob is visible whole or not at all");
  assert.equal((await backend.blobs.stat(address))?.size, bytes.length);
  return true;
}

function put(name: string, packMaxBytes: number, body: () => Uint8Array | AsyncIterable<Uint8Array>): Work {
  return {
    name,
    packMaxBytes,
    run: (backend) => backend.blobs.put(SAMPLE.address, body(), { size: SAMPLE.bytes.length }),
    done: (backend) => holdsWhole(backend, SAMPLE),
  };
}

const WORKS: readonly Work[] = [
  put("put of bytes into a file", 0, () => SAMPLE.bytes),
  put("put of a stream into a file", 0, () => streamOf(SAMPLE.bytes, 2_000)),
  put("put into a container", 65_536, () => SAMPLE.bytes),
  {
    name: "adoption of a file",
    packMaxBytes: 0,
    async run({ intake }) {
      const path = intake.temporaryPath();
      writeFileSync(path, SAMPLE.bytes, { flag: "wx" });
      await intake.adopt(SAMPLE.address, SAMPLE.bytes.length, path);
      assert.equal(existsSync(path), false);
    },
    done: (backend) => holdsWhole(backend, SAMPLE),
  },
  {
    name: "claim of the marker",
    packMaxBytes: 0,
    async run({ marker }) {
      await marker.create("a marker\n");
    },
    async done({ marker }) {
      const text = await marker.read();
      assert.ok(text === undefined || text === "a marker\n");
      return text !== undefined;
    },
  },
];

/** Runs the work in a fresh store with one fault, then looks at the store without any. */
async function runWithFault(work: Work, plan: FaultPlan): Promise<{ failed: boolean; steps: string[] }> {
  const { packMaxBytes } = work;
  const scene = openLocalScene({ packMaxBytes });
  try {
    const { fileSystem, steps } = faultyFileSystem(scene.root, plan);
    const failed = await work.run(scene.open({ fileSystem })).then(
      () => undefined,
      (error: unknown) => error,
    );
    const done = await work.done(scene.backend);
    if (failed === undefined) assert.ok(done, "what resolved is there");
    else await rejectsWithCode("backend_unavailable", Promise.reject(failed));
    await work.run(scene.backend);
    assert.ok(await work.done(scene.backend), "a rerun completes");
    return { failed: failed !== undefined, steps };
  } finally {
    await scene.close();
  }
}

describe("every system call of a local write fails in turn", () => {
  for (const work of WORKS) {
    it(`${work.name}: nothing is half visible, and a rerun completes`, async () => {
      const { steps } = await runWithFault(work, () => undefined);
      assert.ok(steps.length >= 5, steps.join(", "));
      const numbers = steps.map((_, index) => index + 1);
      const once = await Promise.all(
        numbers.map((number) => runWithFault(work, (_, at) => (at === number ? "EIO" : undefined))),
      );
      assert.ok(once.some(({ failed }) => failed));
      // Every call from the n-th on fails: no second try may hide the first.
      await Promise.all(
        numbers.map((number) => runWithFault(work, (_, at) => (at >= number ? "EIO" : undefined))),
      );
    });
  }
});

describe("the order of a durable write", () => {
  async function stepsOf(
    work: (backend: LocalBackend, scene: LocalScene) => Promise<void>,
    packMaxBytes = 0,
  ) {
    return await withLocalScene(
      async (scene) => {
        const { fileSystem, steps } = faultyFileSystem(scene.root);
        await work(scene.open({ fileSystem }), scene);
        return steps.filter((step) => !/^(close|open|stat) /.test(step));
      },
      { packMaxBytes },
    );
  }

  it("bytes are synced before the name, and the directories after it, up to the root's own name", async () => {
    const steps = await stepsOf((backend) =>
      backend.blobs.put(SAMPLE.address, SAMPLE.bytes, { size: SAMPLE.bytes.length }),
    );
    const hex = SAMPLE.address.slice(7);
    const directory = `store/blake3/${hex.slice(0, 2)}/${hex.slice(2, 4)}`;
    const at = (step: string) => {
      const index = steps.lastIndexOf(step);
      assert.notEqual(index, -1, `${step} in ${steps.join(", ")}`);
      return index;
    };
    assert.ok(at("write store/tmp/*") < at("mode store/tmp/*"));
    assert.ok(at("mode store/tmp/*") < at("sync store/tmp/*"));
    assert.ok(at("sync store/tmp/*") < at(`rename ${directory}/<hex>`));
    for (const synced of [directory, directory.slice(0, -3), "store/blake3", "store"]) {
      assert.ok(at(`rename ${directory}/<hex>`) < at(`sync ${synced}`));
    }
    assert.ok(
      steps.some((step) => step.startsWith("sync /")),
      "the parent of a root that was made",
    );
  });

  it("a blob that is there already is trusted only once its name is synced", async () => {
    const again = await stepsOf(async (backend, scene) => {
      await scene.backend.blobs.put(SAMPLE.address, SAMPLE.bytes, { size: SAMPLE.bytes.length });
      await backend.blobs.put(SAMPLE.address, SAMPLE.bytes, { size: SAMPLE.bytes.length });
    });
    assert.ok(
      again.every((step) => step.startsWith("sync ")),
      again.join(", "),
    );
    assert.ok(again.includes("sync store/blake3"));
  });

  it("many files of one directory share one fsync of it", async () => {
    const samples = Array.from({ length: 40 }, (_, index) => blobSample(2_000 + index, 100));
    const steps = await stepsOf(async (backend) => {
      await Promise.all(
        samples.map(({ bytes }, index) => {
          const address = `blake3:abcd${index.toString(16).padStart(60, "0")}` as BlobSample["address"];
          return backend.blobs.put(address, bytes, { size: 100 });
        }),
      );
    });
    const syncs = steps.filter((step) => step === "sync store/blake3/ab/cd").length;
    assert.ok(syncs >= 1 && syncs <= 20, `${syncs} fsyncs for 40 files`);
  });
});

describe("a failed fsync", () => {
  it("of the file: the bytes are written anew under another name", async () => {
    await withLocalScene(async (scene) => {
      let syncs = 0;
      const { fileSystem, steps } = faultyFileSystem(scene.root, (step) =>
        step === "sync store/tmp/*" && ++syncs === 1 ? "EIO" : undefined,
      );
      const backend = scene.open({ fileSystem });
      await backend.blobs.put(SAMPLE.address, SAMPLE.bytes, { size: SAMPLE.bytes.length });
      assert.equal(steps.filter((step) => step === "write store/tmp/*").length, 2);
      assert.ok(await holdsWhole(scene.backend, SAMPLE));
      assert.deepEqual(await listed(scene.backend.leftovers.list()), []);
    }, PLAIN);
  });

  it("of the directory: the file is published anew, and suspected until that succeeds", async () => {
    await withLocalScene(async (scene) => {
      let broken = true;
      const { fileSystem, steps } = faultyFileSystem(scene.root, (step) =>
        broken && /^sync store\/blake3\/..\/..$/.test(step) ? "EIO" : undefined,
      );
      const backend = scene.open({ fileSystem });
      const once = () => backend.blobs.put(SAMPLE.address, SAMPLE.bytes, { size: SAMPLE.bytes.length });
      const renames = () => steps.filter((step) => step.startsWith("rename ")).length;
      await rejectsWithCode("backend_unavailable", once);
      // One for the blob, one for its copy; the first of all found no directory yet.
      assert.equal(renames(), 3);
      broken = false;
      await once();
      assert.equal(renames(), 4, "a suspected blob is not taken for present");
      await once();
      assert.equal(renames(), 4);
    }, PLAIN);
  });
});

describe("a full and a read-only file system", () => {
  for (const [errno, code] of [
    ["ENOSPC", "storage_full"],
    ["EDQUOT", "storage_full"],
    ["EROFS", "storage_read_only"],
    ["EACCES", "storage_read_only"],
  ] as const) {
    it(`${errno} is ${code}, and leaves nothing`, async () => {
      for (const verb of ["open", "write"]) {
        await withLocalScene(async (scene) => {
          const plan: FaultPlan = (step) => (step === `${verb} store/tmp/*` ? errno : undefined);
          const backend = scene.open(faultyFileSystem(scene.root, plan));
          await rejectsWithCode(
            code,
            backend.blobs.put(SAMPLE.address, SAMPLE.bytes, { size: SAMPLE.bytes.length }),
          );
          assert.deepEqual(await listed(scene.backend.blobs.list()), []);
          assert.deepEqual(await listed(scene.backend.leftovers.list()), []);
        }, PLAIN);
      }
    });
  }
});
