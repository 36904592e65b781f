import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { contentAddress } from "../../src/core/content-address.ts";
import { isArtifactstoreError } from "../../src/core/errors.ts";
import { ThreadPool } from "../../src/dataplane/thread-pool.ts";
import { diagnose } from "../../src/registry/doctor.ts";
import { LEASE_MS } from "../../src/registry/lease-keeper.ts";
import { reclaim } from "../../src/registry/reclaim.ts";
import { reclaimBlobs } from "../../src/registry/reclaim-blobs.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import type { StorageBackend } from "../../src/storage/blob-store.ts";
import { openMemoryBackend } from "../../src/storage/memory/backend.ts";
import { parseRoutes } from "../../src/storage/routes.ts";
import { hookedRegistry, type Moment } from "../support/hooked-registry.ts";
import { openTestRegistry, requestFor, writeFiles } from "../support/open-registry.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const FIRST = { "first.txt": "of the first package" };

/** One ingest with its two orphans, of contents that no other has. */
interface Round {
  ingest(view: RegistryContext): Promise<unknown>;
  readonly orphans: readonly Uint8Array[];
}

class Scene {
  readonly directory: string;
  readonly registry: RegistryContext;
  #rounds = 0;

  constructor(directory: string, registry: RegistryContext) {
    this.directory = directory;
    this.registry = registry;
  }

  /** Stores two blobs that nothing refers to, and gets an ingest ready that uses them and a third. */
  async round(): Promise<Round> {
    const name = `round-${++this.#rounds}`;
    const texts = [`an old orphan of ${name}`, `another of ${name}`, `not stored before ${name}`];
    const source = join(this.directory, name);
    writeFiles(source, Object.fromEntries(texts.map((text, index) => [`${index}.txt`, text])));
    const orphans = texts.slice(0, 2).map((text) => new TextEncoder().encode(text));
    const local = this.registry.backends.get("local");
    assert.ok(local !== undefined);
    await putAll(this.registry, local, orphans);
    const request = await requestFor(source, { externalId: name });
    return { orphans, ingest: (view) => registerPackage(view, request) };
  }

  /** Every package so far is whole, nothing is lost, and no lease is left. */
  async assertWhole(ingested: number, moment: string): Promise<void> {
    const { sound, problems, information } = await diagnose(this.registry, { deep: true });
    assert.deepEqual(problems, [], moment);
    assert.equal(sound, true);
    assert.equal(information.packages?.get("finalized"), 1 + ingested, moment);
    assert.equal(information.backends.get("local")?.referencedBlobs, 1 + 3 * ingested, moment);
    assert.deepEqual(information.leases, { use: 0, delete: 0, expired: 0 }, moment);
  }
}

async function putAll(
  registry: RegistryContext,
  { blobs }: StorageBackend,
  contents: readonly Uint8Array[],
): Promise<void> {
  for (const bytes of contents) {
    await blobs.put(contentAddress(registry.blake3.hash(bytes)), bytes, { size: bytes.length });
  }
}

/** A registry with one package; without a grace, so that orphans are old at once. */
async function withScene(
  work: (scene: Scene) => Promise<void>,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    writeFiles(join(directory, "first"), FIRST);
    const settings = { ORPHAN_GRACE_SECONDS: "0", ...variables };
    const { registry, close } = await openTestRegistry(join(directory, "home"), settings);
    try {
      const context = { ...registry, threads: new ThreadPool({ threads: 0, blake3: "auto" }) };
      await registerPackage(context, await requestFor(join(directory, "first"), { externalId: "first" }));
      await work(new Scene(directory, context));
    } finally {
      await close();
    }
  });
}

async function orphansLeft(registry: RegistryContext): Promise<number> {
  const report = await diagnose(registry, { deep: false });
  return report.information.backends.get("local")?.orphans.count ?? -1;
}

/** Only blobs: without a grace the temporary files of a running ingest would be old, too. */
async function reclaimLocal(registry: RegistryContext): Promise<number> {
  const local = registry.backends.get("local");
  assert.ok(local !== undefined);
  return (await reclaimBlobs(registry, local)).count;
}

describe("reclaiming what nothing refers to", () => {
  it("removes orphans and left-over files, and nothing else", async () => {
    await withScene(async (scene) => {
      const { directory, registry } = scene;
      const { orphans } = await scene.round();
      const temporary = join(directory, "home", "var", "storage", "tmp");
      writeFiles(temporary, { leftover: "0123456789" });
      assert.deepEqual((await reclaim(registry)).get("local"), {
        blobs: 2,
        blobBytes: orphans.reduce((sum, { length }) => sum + length, 0),
        leftovers: 1,
        leftoverBytes: 10,
        failures: [],
      });
      assert.deepEqual(readdirSync(temporary), []);
      assert.equal(await orphansLeft(registry), 0);
      await scene.assertWhole(0, "afterwards");
    });
  });

  it("leaves alone what is younger than the grace", async () => {
    await withScene(
      async (scene) => {
        const { directory, registry } = scene;
        await scene.round();
        writeFiles(join(directory, "home", "var", "storage", "tmp"), { leftover: "0123456789" });
        const none = { blobs: 0, blobBytes: 0, leftovers: 0, leftoverBytes: 0, failures: [] };
        assert.deepEqual((await reclaim(registry)).get("local"), none);
        assert.equal(await orphansLeft(registry), 2);
        const later = Date.now() + 3_601_000;
        const removed = await reclaim({ ...registry, clock: () => later });
        assert.equal(removed.get("local")?.blobs, 2);
        assert.equal(removed.get("local")?.leftovers, 1);
      },
      { ORPHAN_GRACE_SECONDS: "3600" },
    );
  });

  it("removes nothing anywhere while one store is another registry's, or nobody's", async () => {
    await withScene(async (scene) => {
      const { directory, registry } = scene;
      await scene.round();
      const marker = join(directory, "home", "var", "storage", "store.json");
      const foreign = {
        format: "artifactstore-store",
        version: 1,
        registry_id: "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
        created_at: "2026-01-01T00:00:00.000Z",
      };
      writeFileSync(marker, JSON.stringify(foreign));
      await rejectsWithCode("store_foreign", reclaim(registry));
      rmSync(marker);
      await rejectsWithCode("store_unowned", reclaim(registry));
      assert.equal(await orphansLeft(registry), 2);
    });
  });
});

/** Runs `work` with a hook that calls back at the n-th moment alone. Answers that moment, `undefined` if there is none. */
async function atMoment(
  registry: RegistryContext,
  number: number,
  work: (view: RegistryContext) => Promise<unknown>,
  then: (moment: Moment) => void | Promise<void>,
): Promise<Moment | undefined> {
  let count = 0;
  let reached: Moment | undefined;
  const view = hookedRegistry(registry, async (moment) => {
    count += 1;
    if (count !== number) return;
    reached = moment;
    await then(moment);
  });
  await work(view);
  return reached;
}

/** An ingest under way, and a promise of the moment when it either ends or has to wait for a deletion. */
function startIngest(
  { database, ...registry }: RegistryContext,
  round: Round,
): { readonly ended: Promise<unknown>; readonly stalled: Promise<unknown> } {
  const met = Promise.withResolvers<void>();
  const watched: RegistryContext = {
    ...registry,
    database: {
      dialect: database.dialect,
      read: (work) => database.read(work),
      readBeside: (prefix, work) => database.readBeside(prefix, work),
      nextAppend: (signal, timeoutMs) => database.nextAppend(signal, timeoutMs),
      close: () => database.close(),
      write: (work) =>
        database.write(work).catch((error) => {
          if (isArtifactstoreError(error, "blob_busy")) met.resolve();
          throw error;
        }),
    },
  };
  const ended = round.ingest(watched);
  return { ended, stalled: Promise.race([ended, met.promise]) };
}

const FORMS = [
  { name: "in a container", variables: {} },
  { name: "in plain files", variables: { STORAGE_LOCAL_PACK_MAX_BYTES: "0" } },
];

/** More moments than there are: a loop that never ends would hide that none is the last. */
const MOMENTS_MAX = 60;

for (const { name, variables } of FORMS) {
  describe(`old orphans ${name} that an ingest re-uses`, () => {
    it("survive a removal at every moment of the ingest", async () => {
      await withScene(async (scene) => {
        const names = new Set<string>();
        let removed = 0;
        for (let number = 1; number <= MOMENTS_MAX; number++) {
          const { ingest } = await scene.round();
          const moment = await atMoment(scene.registry, number, ingest, async ({ locked }) => {
            // Within the ingest's transaction a removal would wait for it: the moment after it is another of these.
            if (!locked) removed += await reclaimLocal(scene.registry);
          });
          if (moment === undefined) {
            // What was lost at any moment is still lost now.
            await scene.assertWhole(number, [...names].join());
            names.add("all");
            break;
          }
          names.add(moment.name);
        }
        for (const expected of ["all", "before write", "after write"]) {
          assert.ok(names.has(expected), `${expected}: ${[...names].join()}`);
        }
        assert.ok(removed > 0, "before the lease the orphans are removed");
      }, variables);
    });

    it("survive an ingest that begins at every moment of the removal", async () => {
      await withScene(async (scene) => {
        const names = new Set<string>();
        for (let number = 1; number <= MOMENTS_MAX; number++) {
          const round = await scene.round();
          let ended: Promise<unknown> | undefined;
          const moment = await atMoment(scene.registry, number, reclaimLocal, async ({ locked }) => {
            const started = startIngest(scene.registry, round);
            ended = started.ended;
            // Within the removal's transaction the ingest waits for it.
            if (!locked) await started.stalled;
          });
          await ended;
          if (moment === undefined) {
            await scene.assertWhole(number - 1, [...names].join());
            names.add("all");
            break;
          }
          names.add(moment.name);
        }
        for (const expected of ["all", "before list", "before write", "before delete", "after delete"]) {
          assert.ok(names.has(expected), `${expected}: ${[...names].join()}`);
        }
      }, variables);
    });
  });
}

describe("leases that expire", () => {
  const later = () => Date.now() + LEASE_MS + 1;

  it("an ingest that slept too long notices, and stores again", async () => {
    await withScene(async (scene) => {
      const { ingest } = await scene.round();
      let removed = 0;
      let puts = 0;
      const view = hookedRegistry(scene.registry, async (moment) => {
        if (moment.name !== "after put") return;
        puts += 1;
        // The last put of the group: all three are durable, none is recorded.
        if (puts === 3) removed = await reclaimLocal({ ...scene.registry, clock: later });
      });
      await ingest(view);
      assert.equal(removed, 3);
      assert.equal(puts, 6);
      await scene.assertWhole(1, "after the sleep");
    });
  });

  it("a removal that slept too long notices, and deletes nothing more", async () => {
    await withScene(async (scene) => {
      const { ingest } = await scene.round();
      let writes = 0;
      const view = hookedRegistry(scene.registry, async ({ name, locked }) => {
        if (locked || name !== "after write") return;
        writes += 1;
        // The first is the one that took the lease.
        if (writes === 1) await ingest({ ...scene.registry, clock: later });
      });
      assert.equal(await reclaimLocal(view), 0);
      await scene.assertWhole(1, "after the sleep");
    });
  });
});

describe("a lease", () => {
  it("protects a blob on every backend", async () => {
    await withScene(async (scene) => {
      const { directory } = scene;
      const other = openMemoryBackend("other");
      const backends = new Map([...scene.registry.backends, ["other", other]]);
      const registry = { ...scene.registry, backends };
      const both = { ...registry, routes: parseRoutes("*:*=local+other") };
      await registerPackage(both, await requestFor(join(directory, "first"), { externalId: "both" }));
      const { ingest, orphans } = await scene.round();
      await putAll(registry, other, orphans);
      const meanwhile: number[] = [];
      const view = hookedRegistry(registry, async ({ name }) => {
        if (name !== "after put" || meanwhile.length > 0) return;
        meanwhile.push(-1);
        meanwhile.push((await reclaimBlobs(registry, other)).count);
      });
      await ingest(view);
      assert.deepEqual(meanwhile, [-1, 0]);
      assert.equal((await reclaimBlobs(registry, other)).count, 2);
    });
  });
});
