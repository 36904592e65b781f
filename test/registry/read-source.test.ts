import assert from "node:assert/strict";
import { appendFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readSource } from "../../src/registry/read-source.ts";
import { type SourceEntry, walkSourceTree } from "../../src/registry/source-tree.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { makeFifo } from "../support/special-files.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

async function withEntry(work: (entry: SourceEntry, root: string) => unknown): Promise<void> {
  await withTemporaryDirectory(async (root) => {
    writeFileSync(join(root, "file"), "content");
    const [entry] = (await walkSourceTree(root)).entries;
    assert.ok(entry);
    await work(entry, root);
  });
}

describe("readSource", () => {
  it("answers the bytes", async () => {
    await withEntry((entry) => assert.equal(new TextDecoder().decode(readSource(entry, 100)), "content"));
  });

  it("refuses a file larger than it may be, before it is opened", async () => {
    await withEntry(async (entry, root) => {
      rmSync(join(root, "file"));
      await rejectsWithCode("limit_exceeded", () => readSource(entry, 6));
    });
  });

  it("never reads what took the file's place", async () => {
    await withEntry(async (entry, root) => {
      renameSync(join(root, "file"), join(root, "moved"));
      await rejectsWithCode("source_changed", () => readSource(entry, 100));
      symlinkSync("moved", join(root, "file"));
      await rejectsWithCode("source_changed", () => readSource(entry, 100));
      rmSync(join(root, "file"));
      makeFifo(join(root, "file"));
      await rejectsWithCode("source_changed", () => readSource(entry, 100));
      rmSync(join(root, "file"));
      writeFileSync(join(root, "file"), "CONTENT");
      await rejectsWithCode("source_changed", () => readSource(entry, 100));
    });
  });

  it("refuses a file that grew", async () => {
    await withEntry(async (entry, root) => {
      appendFileSync(join(root, "file"), "!");
      await rejectsWithCode("source_changed", () => readSource(entry, 100));
    });
  });
});
