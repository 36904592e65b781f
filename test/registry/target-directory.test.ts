import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isArtifactstoreError } from "../../src/core/errors.ts";
import { TargetDirectory } from "../../src/registry/target-directory.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

describe("a target directory", () => {
  it("is never a symlink or a file", () =>
    withTemporaryDirectory(async (root) => {
      mkdirSync(join(root, "real"));
      symlinkSync(join(root, "real"), join(root, "link"));
      writeFileSync(join(root, "file"), "");
      for (const name of ["link", "file"]) {
        const path = join(root, name);
        await rejectsWithCode("target_exists", () => TargetDirectory.open(path, path));
      }
      TargetDirectory.open(join(root, "real"), join(root, "real")).close();
    }));

  it("stays itself when its name is given to a symlink meanwhile", () =>
    withTemporaryDirectory((root) => {
      const path = join(root, "target");
      mkdirSync(path);
      mkdirSync(join(root, "outside"));
      const directory = TargetDirectory.open(path, path);
      renameSync(path, join(root, "moved"));
      symlinkSync(join(root, "outside"), path);
      try {
        writeFileSync(directory.child("file"), "content");
        assert.equal(readFileSync(join(root, "moved", "file"), "utf8"), "content");
      } catch (error) {
        // Where directories cannot be reached through their descriptors, the write is refused instead.
        if (!isArtifactstoreError(error, "target_exists")) throw error;
      } finally {
        directory.close();
      }
      assert.equal(existsSync(join(root, "outside", "file")), false);
    }));
});
