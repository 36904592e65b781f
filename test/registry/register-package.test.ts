import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { contentAddressHex } from "../../src/core/content-address.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import type { RegistrationRequest, RegistrationSource } from "../../src/registry/registration.ts";
import { verifyPackage } from "../../src/registry/verify-package.ts";
import { openTestRegistry, requestFor, writeFiles } from "../support/open-registry.ts";
import { eventTypes, FILES, leaseCount, withScene } from "../support/registration-scene.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

describe("registerPackage", () => {
  it("records created, its class, each file in path order, finalized; leaves no lease", async () => {
    await withScene(async ({ source, registry }) => {
      const result = await registerPackage(registry, await requestFor(source));
      assert.equal(result.fileCount, 5);
      assert.equal(result.reusedExisting, false);
      assert.deepEqual(await eventTypes(registry), [
        "package.created",
        "retention.default_applied",
        ...Array.from({ length: 5 }, () => "file.ingested"),
        "package.finalized",
      ]);
      assert.equal(await leaseCount(registry), 0);
      assert.deepEqual((await verifyPackage(registry, result.packageId)).failures, []);
    });
  });

  it("answers the same package again and records nothing", async () => {
    await withScene(async ({ source, registry }) => {
      const first = await registerPackage(registry, await requestFor(source));
      const again = await registerPackage(registry, await requestFor(source));
      assert.equal(again.packageId, first.packageId);
      assert.equal(again.manifestDigest, first.manifestDigest);
      assert.equal(again.reusedExisting, true);
      assert.equal((await eventTypes(registry)).length, 8);
    });
  });

  it("seals the same digest in another registry, whatever its stores and routes", async () => {
    const digests = new Set<string>();
    const variables = [{}, { STORAGE_LOCAL_PACK_MAX_BYTES: "0" }, { DATABASE_URL: "sqlite::memory:" }];
    for (const each of variables) {
      await withScene(async ({ source, registry }) => {
        digests.add((await registerPackage(registry, await requestFor(source))).manifestDigest);
      }, each);
    }
    assert.equal(digests.size, 1);
  });

  it("names what differs when the same external id comes with other content", async () => {
    await withScene(async ({ source, registry }) => {
      await registerPackage(registry, await requestFor(source));
      writeFileSync(join(source, "b/c.json"), "[]");
      rmSync(join(source, "a.txt"));
      const error = await rejectsWithCode(
        "content_conflict",
        registerPackage(registry, await requestFor(source)),
      );
      assert.deepEqual(error.errors.map((field) => field.pointer).sort(), ["a.txt", "b/c.json"]);
      assert.equal((await eventTypes(registry)).length, 8);
    });
  });

  it("refuses another class, other metadata and an unknown class", async () => {
    await withScene(async ({ source, registry }) => {
      await registerPackage(registry, await requestFor(source));
      const asked = async (description: Partial<RegistrationRequest["description"]>) =>
        registerPackage(registry, await requestFor(source, description));
      await rejectsWithCode("retention_class_conflict", asked({ retentionClass: "transient" }));
      const error = await rejectsWithCode("content_conflict", asked({ metadata: { kind: "other" } }));
      assert.equal(error.errors[0]?.pointer, "/package/metadata/kind");
      await rejectsWithCode("unknown_retention_class", asked({ retentionClass: "no-such-class" }));
    });
  });

  it("makes a package of its own each time without an external id", async () => {
    await withScene(async ({ source, registry }) => {
      const request = await requestFor(source);
      const { externalId: _, ...description } = request.description;
      const first = await registerPackage(registry, { ...request, description });
      const second = await registerPackage(registry, { ...request, description });
      assert.notEqual(first.packageId, second.packageId);
      assert.equal(first.manifestDigest, second.manifestDigest);
    });
  });

  it("records nothing for an empty directory, bad paths or wrong declarations in the first group", async () => {
    await withScene(async ({ source, registry }) => {
      const request = await requestFor(source);
      await rejectsWithCode("invalid_input", registerPackage(registry, { ...request, sources: [] }));
      const [first, ...rest] = request.sources;
      assert.ok(first);
      const wrong: RegistrationSource = { ...first, declared: { sha256: "0".repeat(64) } };
      const error = await rejectsWithCode(
        "digest_mismatch",
        registerPackage(registry, { ...request, sources: [wrong, ...rest] }),
      );
      assert.equal(error.errors[0]?.pointer, "a.txt");
      assert.deepEqual(await eventTypes(registry), []);
    });
  });

  it("compares declared digests and takes right ones", async () => {
    await withScene(async ({ source, registry }) => {
      const request = await requestFor(source);
      const sources = request.sources.map((entry) => ({
        ...entry,
        declared: { sha256: createHash("sha256").update(readFileSync(entry.absolutePath)).digest("hex") },
      }));
      assert.equal((await registerPackage(registry, { ...request, sources })).fileCount, 5);
    });
  });
});

describe("a package that is registered again", () => {
  it("gets its missing and short copies back from the source", async () => {
    await withScene(async ({ directory, source, registry }) => {
      const { packageId, manifestDigest } = await registerPackage(registry, await requestFor(source));
      const [large] = (await requestFor(source)).sources.filter((entry) => entry.path === "large.bin");
      assert.ok(large);
      const digest = registry.blake3.hash(readFileSync(large.absolutePath));
      const hex = Buffer.from(digest).toString("hex");
      const stored = join(directory, `home/var/storage/blake3/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex}`);
      for (const damage of [() => rmSync(stored), () => shorten(stored)]) {
        damage();
        const again = await registerPackage(registry, await requestFor(source));
        assert.equal(again.reusedExisting, true);
        assert.equal(again.manifestDigest, manifestDigest);
        assert.deepEqual(
          again.restored.map(({ path, backendId, cause }) => ({ path, backendId, cause })),
          [{ path: "large.bin", backendId: "local", cause: "restored" }],
        );
        assert.equal(contentAddressHex(again.restored[0]?.contentAddress ?? manifestDigest), hex);
        assert.equal(statSync(stored).size, 200_000);
      }
      assert.deepEqual((await eventTypes(registry)).slice(8), [
        "storage.location_added",
        "storage.location_added",
      ]);
      assert.deepEqual((await verifyPackage(registry, packageId)).failures, []);
    });
  });

  it("is stored on a backend that its route has named since", async () => {
    await withTemporaryDirectory(async (directory) => {
      const home = join(directory, "home");
      const source = join(directory, "source");
      writeFiles(source, FILES);
      writeFiles(home, { "store.toml": '[backends.second]\ntype = "local"\nroot = "second"\n' });
      const first = await openTestRegistry(home);
      const { packageId } = await registerPackage(first.registry, await requestFor(source));
      await first.close();
      const variables = { CONFIG: "store.toml", STORAGE_BACKEND_ROUTES: "*:*=local+second" };
      const { registry, close } = await openTestRegistry(home, variables);
      try {
        const again = await registerPackage(registry, await requestFor(source));
        assert.equal(again.packageId, packageId);
        assert.equal(again.restored.length, 5);
        assert.ok(again.restored.every((copy) => copy.cause === "routed" && copy.backendId === "second"));
        const { blobsRead, failures } = await verifyPackage(registry, packageId);
        assert.deepEqual({ blobsRead, failures }, { blobsRead: 8, failures: [] });
        assert.deepEqual((await registerPackage(registry, await requestFor(source))).restored, []);
      } finally {
        await close();
      }
    });
  });

  it("goes to both backends of a route at once", async () => {
    await withTemporaryDirectory(async (directory) => {
      const home = join(directory, "home");
      writeFiles(join(directory, "source"), FILES);
      writeFiles(home, { "store.toml": '[backends.second]\ntype = "local"\nroot = "second"\n' });
      const variables = { CONFIG: "store.toml", STORAGE_BACKEND_ROUTES: "tests:*=second+local,*:*=local" };
      const { registry, close } = await openTestRegistry(home, variables);
      try {
        const { packageId } = await registerPackage(registry, await requestFor(join(directory, "source")));
        assert.equal((await verifyPackage(registry, packageId)).blobsRead, 8);
        assert.ok(existsSync(join(home, "second/store.json")));
      } finally {
        await close();
      }
    });
  });
});

describe("the stores of a registry", () => {
  it("are not registered in a package of their own, nor is its database", async () => {
    await withScene(async ({ directory, source, registry }) => {
      await registerPackage(registry, await requestFor(source));
      const request = await requestFor(directory, { externalId: "run-2" });
      await rejectsWithCode("source_refused", registerPackage(registry, request));
      const sources = request.sources.filter(({ path }) => path.endsWith(".db"));
      await rejectsWithCode("source_refused", registerPackage(registry, { ...request, sources }));
      assert.equal((await eventTypes(registry)).length, 8);
    });
  });

  it("are refused when they are another registry's, or hold blobs and have no owner", async () => {
    await withScene(async ({ directory, source, registry }) => {
      await registerPackage(registry, await requestFor(source));
      const root = join(directory, "home/var/storage");
      const other = await openTestRegistry(join(directory, "other"), { STORAGE_LOCAL_ROOT: root });
      try {
        await rejectsWithCode("store_foreign", registerPackage(other.registry, await requestFor(source)));
        rmSync(join(root, "store.json"));
        await rejectsWithCode("store_unowned", registerPackage(other.registry, await requestFor(source)));
        await rejectsWithCode(
          "store_unowned",
          registerPackage(registry, await requestFor(source, { externalId: "run-2" })),
        );
        assert.deepEqual(await eventTypes(other.registry), []);
      } finally {
        await other.close();
      }
    });
  });
});

function shorten(path: string): void {
  truncateSync(path, 100);
}
