import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { whyNoMounts, withTmpfs } from "../support/mounted.ts";
import { runScript } from "../support/run-script.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const SCRIPT = join(import.meta.dirname, "..", "support", "full-reception-process.ts");
const skip = whyNoMounts();

describe("receiving onto a full file system", { skip }, () => {
  it("says so, leaves no file of a body, and of an upload what was counted", async () => {
    await withTemporaryDirectory(async (directory) => {
      const path = join(directory, "small");
      mkdirSync(path);
      await withTmpfs(path, 6 * 2 ** 20, async ({ behind }) => {
        assert.equal(await runScript(SCRIPT, [path], behind), "");
      });
    });
  });
});
