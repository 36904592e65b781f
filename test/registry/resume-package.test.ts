import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { registerPackage } from "../../src/registry/register-package.ts";
import { verifyPackage } from "../../src/registry/verify-package.ts";
import { openTestRegistry, requestFor, writeFiles } from "../support/open-registry.ts";
import {
  cutOff,
  eventTypes,
  GROUPS_FILES,
  leaseCount,
  withScene,
  writeGroups,
} from "../support/registration-scene.ts";

describe("an interrupted registration", () => {
  it("is resumed: the same package, each file recorded once", async () => {
    await withScene(async ({ source, registry }) => {
      writeGroups(source);
      await assert.rejects(registerPackage(registry, cutOff(await requestFor(source))));
      const before = await eventTypes(registry);
      assert.ok(before.includes("file.ingested") && !before.includes("package.finalized"));
      assert.equal(await leaseCount(registry), 0);
      const result = await registerPackage(registry, await requestFor(source));
      assert.equal(result.resumed, true);
      const types = await eventTypes(registry);
      assert.equal(types.filter((type) => type === "file.ingested").length, GROUPS_FILES + 5);
      assert.equal(types.filter((type) => type === "package.created").length, 1);
      assert.deepEqual((await verifyPackage(registry, result.packageId)).failures, []);
    });
  });

  it("is abandoned for a new package when the source holds something else now", async () => {
    await withScene(async ({ source, registry }) => {
      writeGroups(source);
      await assert.rejects(registerPackage(registry, cutOff(await requestFor(source))));
      writeFileSync(join(source, "a.txt"), "other");
      const result = await registerPackage(registry, await requestFor(source));
      assert.equal(result.resumed, false);
      assert.ok(result.abandonedPackageId);
      assert.ok((await eventTypes(registry)).includes("package.abandoned"));
      assert.deepEqual((await verifyPackage(registry, result.packageId)).failures, []);
    });
  });

  it("stores again what was lost between the attempts", async () => {
    await withScene(async ({ directory, source, registry }) => {
      writeFiles(source, { "a-large.bin": new Uint8Array(100_000).fill(3) });
      writeGroups(source);
      await assert.rejects(registerPackage(registry, cutOff(await requestFor(source))));
      rmSync(join(directory, "home/var/storage/blake3"), { recursive: true });
      const result = await registerPackage(registry, await requestFor(source));
      assert.equal(result.resumed, true);
      assert.deepEqual((await verifyPackage(registry, result.packageId)).failures, []);
    });
  });
});

describe("several registrations at once", () => {
  it("end as one package when they are of the same content", async () => {
    await withScene(async ({ directory, source, registry }) => {
      writeGroups(source);
      const second = await openTestRegistry(join(directory, "home"));
      try {
        const request = await requestFor(source);
        const results = await Promise.all([
          registerPackage(registry, request),
          registerPackage(second.registry, request),
          registerPackage(registry, request),
        ]);
        assert.equal(new Set(results.map((result) => result.packageId)).size, 1);
        assert.equal(new Set(results.map((result) => result.manifestDigest)).size, 1);
        const types = await eventTypes(registry);
        assert.equal(types.filter((type) => type === "file.ingested").length, GROUPS_FILES + 5);
        assert.equal(types.filter((type) => type === "package.finalized").length, 1);
      } finally {
        await second.close();
      }
    });
  });
});
