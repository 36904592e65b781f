import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { ContentAddress } from "../../src/core/content-address.ts";
import { ADDRESSES_ASKED_MAX, FILES_REFERENCED_MAX } from "../../src/core/limits.ts";
import { abandonPackage } from "../../src/registry/abandon-package.ts";
import { finalizePackage } from "../../src/registry/finalize-package.ts";
import { missingBlobs } from "../../src/registry/missing-blobs.ts";
import { readManifest } from "../../src/registry/read-manifest.ts";
import { referenceFiles } from "../../src/registry/reference-files.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { verifyPackage } from "../../src/registry/verify-package.ts";
import { objectKey } from "../../src/storage/layout.ts";
import { blobSample } from "../support/blob-samples.ts";
import { beginPackage, fillPackage, sendFile } from "../support/fill-package.ts";
import { leaseCount } from "../support/registration-scene.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { withTwoStores } from "../support/two-stores.ts";

const LARGE = blobSample(1, 2_500_000);
const SMALL = blobSample(2, 1_000);
const UNKNOWN = blobSample(3, 10);
const ALL = [LARGE.address, SMALL.address, UNKNOWN.address];
const FILES = { large: LARGE.bytes, small: SMALL.bytes };

function reference(
  registry: RegistryContext,
  packageId: string,
  addresses: readonly string[],
  producer?: string,
) {
  const files = addresses.map((contentAddress, at) => ({ path: `f/${at}`, contentAddress }));
  return referenceFiles(registry, packageId, files, producer === undefined ? {} : { producer });
}

describe("missingBlobs", () => {
  it("names what must be sent: unknown, lost, or only in packages that may not be read", () =>
    withTwoStores(async ({ registry, roots }) => {
      await fillPackage(registry, FILES);
      const packageId = await beginPackage(registry, { producer: "others" });
      const ask = (producer?: string): Promise<ContentAddress[]> =>
        missingBlobs(
          registry,
          packageId,
          [...ALL, SMALL.address],
          producer === undefined ? {} : { producer },
        );
      assert.deepEqual(await ask(), [UNKNOWN.address]);
      assert.deepEqual(await ask("tests"), [UNKNOWN.address]);
      assert.deepEqual(await ask("others"), ALL);
      rmSync(join(roots.one, objectKey(SMALL.address)));
      assert.deepEqual(await ask(), [UNKNOWN.address]);
      rmSync(join(roots.two, objectKey(SMALL.address)));
      assert.deepEqual(await ask(), [SMALL.address, UNKNOWN.address]);
    }));

  it("does not count on packages that were given up", () =>
    withTwoStores(async ({ registry }) => {
      const first = await beginPackage(registry);
      await sendFile(registry, first, "a", SMALL.bytes);
      const second = await beginPackage(registry);
      assert.deepEqual(await missingBlobs(registry, second, [SMALL.address], {}), []);
      await abandonPackage(registry, first, "no more");
      assert.deepEqual(await missingBlobs(registry, second, [SMALL.address], {}), [SMALL.address]);
      await rejectsWithCode("blob_not_found", reference(registry, second, [SMALL.address]));
    }));

  it("refuses what is no address, too many, and packages that take no files", () =>
    withTwoStores(async ({ registry }) => {
      const packageId = await beginPackage(registry);
      await rejectsWithCode("invalid_input", missingBlobs(registry, packageId, ["blake3:0"], {}));
      const many = Array.from({ length: ADDRESSES_ASKED_MAX + 1 }, () => SMALL.address);
      await rejectsWithCode("limit_exceeded", missingBlobs(registry, packageId, many, {}));
      await rejectsWithCode("package_not_found", missingBlobs(registry, registry.newId(), [], {}));
      await abandonPackage(registry, packageId, "no more");
      await rejectsWithCode("package_state", missingBlobs(registry, packageId, [], {}));
    }));
});

describe("referenceFiles", () => {
  it("adds files without their bytes; the manifest is that of sent ones", () =>
    withTwoStores(async ({ registry }) => {
      const sent = await fillPackage(registry, { "f/0": LARGE.bytes, "f/1": SMALL.bytes });
      const packageId = await beginPackage(registry);
      const added = await reference(registry, packageId, [LARGE.address, SMALL.address]);
      assert.deepEqual(
        added.map(({ existed }) => existed),
        [false, false],
      );
      const again = await reference(registry, packageId, [LARGE.address, SMALL.address]);
      assert.deepEqual(
        again.map(({ existed, fileId }) => [existed, fileId]),
        added.map(({ fileId }) => [true, fileId]),
      );
      const { manifestDigest } = await finalizePackage(registry, packageId);
      assert.equal(manifestDigest, (await finalizePackage(registry, sent.packageId)).manifestDigest);
      assert.equal(await leaseCount(registry), 0);
    }));

  it("copies blobs to the backends of the package's route, from whichever copy is whole", () =>
    withTwoStores(async ({ registry, roots }) => {
      const { packageId: source } = await fillPackage(registry, FILES, { producer: "others" });
      assert.deepEqual((await verifyPackage(registry, source)).failures, []);
      const packageId = await beginPackage(registry);
      await reference(registry, packageId, [LARGE.address, SMALL.address]);
      await finalizePackage(registry, packageId);
      for (const root of [roots.one, roots.two]) {
        for (const address of [LARGE.address, SMALL.address])
          assert.ok(existsSync(join(root, objectKey(address))));
      }
      assert.deepEqual((await verifyPackage(registry, packageId)).failures, []);
    }));

  it("adds nothing when one of the files must be sent", () =>
    withTwoStores(async ({ registry, roots }) => {
      await fillPackage(registry, FILES, { producer: "others" });
      const packageId = await beginPackage(registry);
      const error = await rejectsWithCode("blob_not_found", reference(registry, packageId, ALL));
      assert.deepEqual(
        error.errors.map(({ pointer }) => pointer),
        ["/2/content_address"],
      );
      await rejectsWithCode("blob_not_found", reference(registry, packageId, [SMALL.address], "tests"));
      const lost = await fillPackage(registry, { a: "only on one and two" });
      const address = await lostAddress(registry, lost.packageId);
      for (const root of [roots.one, roots.two]) rmSync(join(root, objectKey(address)));
      await rejectsWithCode("blob_not_found", reference(registry, packageId, [address]));
      await rejectsWithCode("package_state", finalizePackage(registry, packageId));
      assert.equal(await leaseCount(registry), 0);
    }));

  it("refuses a size that is not the blob's, paths in each other's way, and too many", () =>
    withTwoStores(async ({ registry }) => {
      await fillPackage(registry, FILES);
      const packageId = await beginPackage(registry);
      const contentAddress = SMALL.address;
      const add = (...files: { path: string; sizeBytes?: number }[]) =>
        referenceFiles(
          registry,
          packageId,
          files.map((file) => ({ ...file, contentAddress })),
          {},
        );
      await rejectsWithCode("digest_mismatch", add({ path: "a", sizeBytes: 999 }));
      await rejectsWithCode("invalid_path", add({ path: "/a" }));
      await rejectsWithCode("path_conflict", add({ path: "a" }, { path: "a/b" }));
      await sendFile(registry, packageId, "there", LARGE.bytes);
      await rejectsWithCode("path_conflict", add({ path: "other" }, { path: "there" }));
      const many = Array.from({ length: FILES_REFERENCED_MAX + 1 }, (_, at) => ({ path: `${at}` }));
      await rejectsWithCode("limit_exceeded", add(...many));
      assert.equal((await finalizePackage(registry, packageId)).fileCount, 1);
    }));
});

async function lostAddress(registry: RegistryContext, packageId: string): Promise<ContentAddress> {
  const { manifest } = await readManifest(registry, packageId);
  return manifest.files[0]?.content_address as ContentAddress;
}
