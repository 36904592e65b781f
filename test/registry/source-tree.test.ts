import assert from "node:assert/strict";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { walkSourceTree } from "../../src/registry/source-tree.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import {
  asOrdinaryUser,
  makeFifo,
  makeFileNamedByBytes,
  makeNullDevice,
  whyNoDevices,
} from "../support/special-files.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

function write(root: string, path: string, text = path): void {
  const place = join(root, path);
  mkdirSync(join(place, ".."), { recursive: true });
  writeFileSync(place, text);
}

/** Walks a directory that `arrange` fills, and answers what is refused: path and state of each. */
async function refused(
  code: "source_refused" | "invalid_path" | "source_changed",
  arrange: (root: string) => void | Promise<void>,
): Promise<readonly { readonly pointer: string; readonly message: string }[]> {
  return await withTemporaryDirectory(async (root) => {
    write(root, "plain.txt");
    await arrange(root);
    return (await rejectsWithCode(code, walkSourceTree(root))).errors;
  });
}

describe("walkSourceTree", () => {
  it("answers every regular file in byte order of its path, empty ones included", async () => {
    await withTemporaryDirectory(async (root) => {
      // "b.txt" sorts before "b/…" ("." is less than "/"), "b0" after; U+1F600 after U+FFFD, against UTF-16 order.
      const paths = ["a", "b.txt", "b/c", "b/c.d", "b0", "é", "\ufffd", "\u{1f600}"];
      for (const path of paths.toReversed()) write(root, path, path === "a" ? "" : path);
      mkdirSync(join(root, "empty/emptier"), { recursive: true });
      const tree = await walkSourceTree(root);
      assert.deepEqual(
        tree.entries.map((entry) => entry.path),
        paths,
      );
      assert.equal(tree.entries[0]?.sizeBytes, 0);
      assert.equal(tree.entries[2]?.absolutePath, join(root, "b/c"));
      assert.equal(tree.entries[2]?.sizeBytes, 3);
      assert.deepEqual(tree.excluded, []);
    });
  });

  it("follows a symlink that is the root itself", async () => {
    await withTemporaryDirectory(async (directory) => {
      write(directory, "real/file");
      symlinkSync("real", join(directory, "link"));
      const tree = await walkSourceTree(join(directory, "link"));
      assert.deepEqual(
        tree.entries.map((entry) => entry.path),
        ["file"],
      );
      assert.equal(tree.root, join(directory, "real"));
    });
  });

  it("refuses a root that is missing or a file", async () => {
    await withTemporaryDirectory(async (root) => {
      write(root, "file");
      await rejectsWithCode("source_refused", walkSourceTree(join(root, "absent")));
      await rejectsWithCode("source_refused", walkSourceTree(join(root, "file")));
    });
  });

  it("refuses symlinks to files and directories, out of the tree, dangling and in a loop, each by name", async () => {
    const errors = await refused("source_refused", (root) => {
      symlinkSync("plain.txt", join(root, "to-file"));
      symlinkSync("/etc", join(root, "to-directory"));
      symlinkSync("/etc/passwd", join(root, "out"));
      symlinkSync("nowhere", join(root, "dangling"));
      symlinkSync("loop", join(root, "loop"));
      symlinkSync(".", join(root, "self"));
    });
    assert.deepEqual(
      errors.map((error) => error.pointer),
      ["dangling", "loop", "out", "self", "to-directory", "to-file"],
    );
  });

  it("refuses a FIFO without waiting for its other end", async () => {
    const errors = await refused("source_refused", (root) => makeFifo(join(root, "pipe")));
    assert.deepEqual(errors, [{ pointer: "pipe", message: "is a FIFO" }]);
  });

  it("refuses a socket", async () => {
    const server = createServer();
    try {
      const errors = await refused("source_refused", async (root) => {
        await new Promise<void>((resolve) => server.listen(join(root, "socket"), resolve));
      });
      assert.deepEqual(errors, [{ pointer: "socket", message: "is a socket" }]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("refuses a device", { skip: whyNoDevices() }, async () => {
    const errors = await refused("source_refused", (root) => makeNullDevice(join(root, "null")));
    assert.deepEqual(errors, [{ pointer: "null", message: "is a character device" }]);
  });

  it("refuses files and directories that cannot be read", async () => {
    await withTemporaryDirectory(async (root) => {
      write(root, "closed/file");
      write(root, "listed/file");
      write(root, "open");
      write(root, "secret");
      chmodSync(root, 0o755);
      chmodSync(join(root, "closed"), 0);
      chmodSync(join(root, "listed"), 0o644);
      chmodSync(join(root, "secret"), 0);
      const error = await asOrdinaryUser(() => rejectsWithCode("source_refused", walkSourceTree(root)));
      assert.deepEqual(
        error.errors.map((field) => field.pointer),
        ["closed", "listed/file", "secret"],
      );
      for (const name of ["closed", "listed"]) chmodSync(join(root, name), 0o700);
    });
  });

  it("refuses a name that is not UTF-8, also beside a file of the very name that it is shown under", async () => {
    const alone = await refused("invalid_path", (root) => makeFileNamedByBytes(root, "a\\377"));
    assert.equal(alone.length, 1);
    const beside = await refused("invalid_path", (root) => {
      makeFileNamedByBytes(root, "a\\377");
      makeFileNamedByBytes(root, "a\\357\\277\\275");
    });
    assert.equal(beside.length, 1);
  });

  it("refuses names that break the rules of package paths, all at once", async () => {
    const errors = await refused("invalid_path", (root) => {
      write(root, "back\\slash");
      write(root, "line\nbreak");
      write(root, "dir\u0001/file");
      write(root, `${"long/".repeat(200)}${"n".repeat(100)}`);
    });
    const pointers = errors.map((error) => error.pointer);
    assert.equal(pointers.length, 4);
    assert.deepEqual(pointers.slice(0, 3), ["back\\slash", "dir\\u{1}", "line\\nbreak"]);
  });

  it("calls a mixture of bad names and special files refused, not only badly named", async () => {
    const errors = await refused("source_refused", (root) => {
      write(root, "back\\slash");
      makeFifo(join(root, "pipe"));
    });
    assert.equal(errors.length, 2);
  });

  it("stops at the limit on files", async () => {
    await withTemporaryDirectory(async (root) => {
      for (const name of ["a", "b", "c"]) write(root, name);
      assert.equal((await walkSourceTree(root, { maxFiles: 3 })).entries.length, 3);
      await rejectsWithCode("limit_exceeded", walkSourceTree(root, { maxFiles: 2 }));
    });
  });
});

describe("walkSourceTree with globs", () => {
  it("leaves out what matches, does not enter directories that match, and says so", async () => {
    await withTemporaryDirectory(async (root) => {
      for (const path of ["a/x.pem", "a/x.txt", ".env", "tmp/deep/file", "z.pem"]) write(root, path);
      const tree = await walkSourceTree(root, { exclude: ["*.pem", "tmp/", ".env", "*.pem", "none"] });
      assert.deepEqual(
        tree.entries.map((entry) => entry.path),
        ["a/x.txt"],
      );
      assert.deepEqual(tree.excluded.toSorted(), [".env", "a/x.pem", "tmp/", "z.pem"]);
      assert.deepEqual(tree.exclusion.globs, ["*.pem", ".env", "none", "tmp/"]);
      assert.deepEqual(tree.exclusion.unusedGlobs(), ["none"]);
      assert.equal(tree.exclusion.covers("tmp/deep/file"), true);
      assert.equal(tree.exclusion.covers("a/x.txt"), false);
    });
  });

  it("does not refuse what is left out", async () => {
    await withTemporaryDirectory(async (root) => {
      write(root, "file");
      makeFifo(join(root, "pipe"));
      symlinkSync("/etc", join(root, "etc"));
      const tree = await walkSourceTree(root, { exclude: ["{pipe,etc}"] });
      assert.deepEqual(
        tree.entries.map((entry) => entry.path),
        ["file"],
      );
    });
  });

  it("refuses globs that are empty, absolute, negated or too long", async () => {
    await withTemporaryDirectory(async (root) => {
      for (const glob of ["", "/", "/etc", "!keep", "x".repeat(2000), "nul\0"]) {
        await rejectsWithCode("invalid_input", walkSourceTree(root, { exclude: [glob] }));
      }
    });
  });
});
