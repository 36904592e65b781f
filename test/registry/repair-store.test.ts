import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { registerPackage } from "../../src/registry/register-package.ts";
import { repairStore } from "../../src/registry/repair-store.ts";
import { verifyPackage } from "../../src/registry/verify-package.ts";
import { openTestRegistry, requestFor } from "../support/open-registry.ts";
import { eventTypes, withScene } from "../support/registration-scene.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

describe("repairStore", () => {
  it("keeps what is well, names the files of what is lost, and an ingest brings it back", async () => {
    await withScene(async ({ directory, source, registry }) => {
      writeFileSync(join(source, "marked.txt"), "the bytes that a disk will spoil");
      const { packageId } = await registerPackage(registry, await requestFor(source));
      await Promise.all([...registry.backends.values()].map((backend) => backend.close()));
      const container = join(directory, "home/var/storage/small.db");
      const bytes = readFileSync(container);
      const at = bytes.indexOf("the bytes that a disk will spoil");
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      writeFileSync(container, bytes);

      const second = await openTestRegistry(join(directory, "home"));
      try {
        const repair = await repairStore(second.registry, "local");
        assert.deepEqual(
          repair.lostBlobs.map(({ files }) => files.map((file) => [file.package_id, file.relative_path])),
          [[[packageId, "marked.txt"]]],
        );
        assert.equal(repair.keptBlobs, 3);
        const { failures } = await verifyPackage(second.registry, packageId);
        assert.deepEqual(
          failures.map((failure) => failure.path),
          ["marked.txt"],
        );
        const again = await registerPackage(second.registry, await requestFor(source));
        assert.deepEqual(
          again.restored.map((copy) => copy.path),
          ["marked.txt"],
        );
        assert.deepEqual((await verifyPackage(second.registry, packageId)).failures, []);
        assert.equal((await eventTypes(registry)).at(-1), "storage.location_added");
      } finally {
        await second.close();
      }
    });
  });

  it("refuses another registry's store", async () => {
    await withScene(async ({ directory, source, registry }) => {
      await registerPackage(registry, await requestFor(source));
      const other = await openTestRegistry(join(directory, "other"), {
        STORAGE_LOCAL_ROOT: join(directory, "home/var/storage"),
      });
      try {
        await rejectsWithCode("store_foreign", repairStore(other.registry, "local"));
      } finally {
        await other.close();
      }
    });
  });
});
