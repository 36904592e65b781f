import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { blobSample } from "../../support/blob-samples.ts";
import { withLocalScene } from "../../support/local-store.ts";
import { whyNoMounts, withReadOnly, withTmpfs } from "../../support/mounted.ts";
import { runScript } from "../../support/run-script.ts";
import { withTemporaryDirectory } from "../../support/temporary-directory.ts";

const SUPPORT = join(import.meta.dirname, "..", "..", "support");
const skip = whyNoMounts();

describe("the local store on a read-only file system", { skip }, () => {
  for (const [name, closed] of [
    ["that was closed", true],
    ["whose log is not folded back", false],
  ] as const) {
    it(`a store ${name} is read, and nothing is written`, async () => {
      await withLocalScene(async ({ backend, root }) => {
        for (const { address, bytes } of [blobSample(1, 2_000), blobSample(2, 200_000)]) {
          await backend.blobs.put(address, bytes, { size: bytes.length });
        }
        if (closed) await backend.close();
        await withReadOnly(root, async ({ path, behind }) => {
          assert.equal(await runScript(join(SUPPORT, "read-only-store-process.ts"), [path], behind), "");
        });
      });
    });
  }
});

describe("the local store on a full file system", { skip }, () => {
  it("says so, keeps what it has, and goes on when there is room again", async () => {
    await withTemporaryDirectory(async (directory) => {
      const path = join(directory, "small");
      mkdirSync(path);
      await withTmpfs(path, 3 * 2 ** 20, async ({ behind }) => {
        const script = join(SUPPORT, "full-store-process.ts");
        assert.equal(await runScript(script, [join(path, "store")], behind), "");
      });
    });
  });
});
