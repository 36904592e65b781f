import assert from "node:assert/strict";
import { it } from "node:test";
import { contentAddress } from "../../src/core/content-address.ts";
import { ArtifactstoreError } from "../../src/core/errors.ts";
import { diagnose } from "../../src/registry/doctor.ts";
import { reclaim } from "../../src/registry/reclaim.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { type BlobStoreCall, faultyBlobStore } from "../../src/storage/fault.ts";
import { requestFor } from "../support/open-registry.ts";
import { withScene } from "../support/registration-scene.ts";

const ORPHANS = ["nobody knows me", "nor me"].map((text) => new TextEncoder().encode(text));

/** Reclaims from a store that has no room for its first few deletions. */
async function reclaimFrom(registry: RegistryContext, refusals: number) {
  const local = registry.backends.get("local");
  assert.ok(local !== undefined);
  let left = refusals;
  const before = ({ verb }: BlobStoreCall) => {
    if (verb === "delete" && left-- > 0) throw new ArtifactstoreError("storage_full", "there is no room");
  };
  const backend = { ...local, blobs: faultyBlobStore(local.blobs, { before }) };
  return (await reclaim({ ...registry, backends: new Map([["local", backend]]) })).get("local");
}

it("reclaiming tells what stays, and tries what there was no room for again", () =>
  withScene(
    async ({ source, registry }) => {
      await registerPackage(registry, await requestFor(source));
      for (const bytes of ORPHANS) {
        const address = contentAddress(registry.blake3.hash(bytes));
        await registry.backends.get("local")?.blobs.put(address, bytes, { size: bytes.length });
      }
      const stays = await reclaimFrom(registry, 2 * ORPHANS.length);
      assert.equal(stays?.blobs, 0);
      assert.deepEqual(
        stays?.failures.map(({ code, count }) => [code, count]),
        [["storage_full", ORPHANS.length]],
      );
      const goes = await reclaimFrom(registry, ORPHANS.length);
      assert.deepEqual([goes?.blobs, goes?.failures], [ORPHANS.length, []]);
      const { sound, information } = await diagnose(registry, { deep: true });
      assert.equal(sound, true);
      assert.deepEqual(information.leases, { use: 0, delete: 0, expired: 0 });
    },
    { ORPHAN_GRACE_SECONDS: "0" },
  ));
