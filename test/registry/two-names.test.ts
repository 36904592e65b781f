import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { reclaim } from "../../src/registry/reclaim.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import { verifyPackage } from "../../src/registry/verify-package.ts";
import { openTestRegistry, requestFor, writeFiles } from "../support/open-registry.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

/** A package on a backend named `archive`, at `home/arch`. */
async function withArchive(work: (home: string, packageId: string) => Promise<void>): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const home = join(directory, "home");
    const source = join(directory, "source");
    writeFiles(source, { "a.txt": "evidence", "large.bin": new Uint8Array(100_000).fill(1) });
    writeFiles(home, { "store.toml": '[backends.archive]\ntype = "local"\nroot = "arch"\n' });
    const variables = { CONFIG: "store.toml", STORAGE_BACKEND_ROUTES: "*:*=archive" };
    const { registry, close } = await openTestRegistry(home, variables);
    const { packageId } = await registerPackage(registry, await requestFor(source));
    await close();
    await work(home, packageId);
  });
}

describe("two names for one directory", () => {
  it("are refused, also through a link", async () => {
    await withArchive(async (home) => {
      symlinkSync("arch", join(home, "link"));
      for (const root of ["arch", "link", "arch/../arch"]) {
        const variables = { CONFIG: "store.toml", STORAGE_LOCAL_ROOT: root };
        await rejectsWithCode("configuration", openTestRegistry(home, variables));
      }
    });
  });

  it("do not let a renamed backend's blobs be removed as unreferenced", async () => {
    await withArchive(async (home, packageId) => {
      writeFiles(home, { "renamed.toml": '[backends.other]\ntype = "local"\nroot = "arch"\n' });
      for (const variables of [{ CONFIG: "renamed.toml" }, { STORAGE_LOCAL_ROOT: "arch" }]) {
        const { registry, close } = await openTestRegistry(home, { ...variables, ORPHAN_GRACE_SECONDS: "0" });
        try {
          await rejectsWithCode("configuration", reclaim(registry));
        } finally {
          await close();
        }
      }
      const { registry, close } = await openTestRegistry(home, { CONFIG: "store.toml" });
      try {
        assert.deepEqual((await verifyPackage(registry, packageId)).failures, []);
      } finally {
        await close();
      }
    });
  });
});
