import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type ContentAddress, contentAddress } from "../../src/core/content-address.ts";
import { digestBlake3 } from "../../src/core/digest.ts";
import { pullPackage } from "../../src/registry/pull-package.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { objectKey } from "../../src/storage/layout.ts";
import { openTestRegistry, requestFor, writeFiles } from "../support/open-registry.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const FILES: Record<string, string | Uint8Array> = {
  "a/b/deep.txt": "deep",
  "a/empty": "",
  "a.txt": "between a and a/",
  "big.bin": new Uint8Array(1_200_000).fill(7),
  "same-1": "same",
  "same-2": "same",
  "\u00fcml\u00e4ut \ud83d\ude00.txt": "name",
};

interface Setup {
  readonly directory: string;
  readonly registry: RegistryContext;
  readonly packageId: string;
  readonly target: string;
}

/** A registry whose store keeps plain files, so that a test can damage one; `both` routes to two stores. */
async function withPackage(work: (setup: Setup) => Promise<void>, both = false): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    writeFiles(join(directory, "source"), FILES);
    writeFileSync(
      join(directory, "config.toml"),
      `[backends.second]\ntype = "local"\nroot = "${join(directory, "second")}"\n`,
    );
    const opened = await openTestRegistry(join(directory, "registry"), {
      CONFIG: join(directory, "config.toml"),
      STORAGE_LOCAL_ROOT: join(directory, "store"),
      STORAGE_LOCAL_PACK_MAX_BYTES: "0",
      STORAGE_BACKEND_ROUTES: both ? "*:*=local+second" : "*:*=local",
      INGEST_THREADS: "1",
    });
    try {
      const request = await requestFor(join(directory, "source"));
      const { packageId } = await registerPackage(opened.registry, request);
      await work({ directory, registry: opened.registry, packageId, target: join(directory, "target") });
    } finally {
      await opened.close();
    }
  });
}

function blobPath(directory: string, store: string, content: string | Uint8Array): string {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const address: ContentAddress = contentAddress(digestBlake3(bytes));
  return join(directory, store, objectKey(address));
}

function damage(path: string, content: string | Uint8Array): void {
  unlinkSync(path);
  writeFileSync(path, content);
}

function treeOf(root: string): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const name of readdirSync(root, { recursive: true, encoding: "utf8" })) {
    const path = join(root, name);
    if (!lstatSync(path).isDirectory()) tree[name] = readFileSync(path).toString("base64");
  }
  return tree;
}

describe("pulling a package", () => {
  it("restores the very tree, and makes the directories above it", () =>
    withPackage(async ({ directory, registry, packageId, target }) => {
      const result = await pullPackage(registry, packageId, join(target, "further", "down"));
      assert.equal(result.fileCount, Object.keys(FILES).length);
      assert.deepEqual(result.warnings, []);
      assert.deepEqual(treeOf(join(target, "further", "down")), treeOf(join(directory, "source")));
      assert.equal(lstatSync(join(result.directory, "big.bin")).mode & 0o200, 0o200);
    }));

  it("goes beside what is there, through a symlink that the caller names", () =>
    withPackage(async ({ directory, registry, packageId, target }) => {
      writeFiles(target, { "a/other": "mine" });
      symlinkSync(target, join(directory, "link"));
      await pullPackage(registry, packageId, join(directory, "link"));
      const { [join("a", "other")]: other, ...rest } = treeOf(target);
      assert.equal(other, Buffer.from("mine").toString("base64"));
      assert.deepEqual(rest, treeOf(join(directory, "source")));
      await pullPackage(registry, packageId, join(directory, "link", "new"));
    }));

  it("overwrites nothing, and leaves nothing of its own, unless it may", () =>
    withPackage(async ({ directory, registry, packageId, target }) => {
      writeFiles(target, { "big.bin": "mine" });
      const before = treeOf(target);
      const error = await rejectsWithCode("target_exists", pullPackage(registry, packageId, target));
      assert.deepEqual(
        error.errors.map(({ pointer }) => pointer),
        ["big.bin"],
      );
      assert.deepEqual(treeOf(target), before);
      assert.deepEqual(readdirSync(target), ["big.bin"]);
      await pullPackage(registry, packageId, target, { force: true });
      assert.deepEqual(treeOf(target), treeOf(join(directory, "source")));
    }));

  it("follows no symlink, whether to a directory or a file, even if it may overwrite", () =>
    withPackage(async ({ directory, registry, packageId, target }) => {
      mkdirSync(join(directory, "outside"));
      mkdirSync(target);
      symlinkSync(join(directory, "outside"), join(target, "a"));
      await rejectsWithCode("target_exists", pullPackage(registry, packageId, target, { force: true }));
      unlinkSync(join(target, "a"));
      symlinkSync(join(directory, "outside", "file"), join(target, "same-1"));
      await rejectsWithCode("target_exists", pullPackage(registry, packageId, target, { force: true }));
      assert.deepEqual(readdirSync(join(directory, "outside")), []);
      assert.deepEqual(readdirSync(target), ["same-1"]);
    }));

  it("refuses a target that is no directory", () =>
    withPackage(async ({ directory, registry, packageId }) => {
      const file = join(directory, "source", "a.txt");
      await rejectsWithCode("target_exists", pullPackage(registry, packageId, file));
      await rejectsWithCode("target_exists", pullPackage(registry, packageId, join(file, "below")));
      symlinkSync(join(directory, "nowhere"), join(directory, "dangling"));
      await rejectsWithCode("target_exists", pullPackage(registry, packageId, join(directory, "dangling")));
    }));

  for (const path of ["a/b/deep.txt", "big.bin"]) {
    it(`refuses a damaged ${path} by name, and takes everything away again`, () =>
      withPackage(async ({ directory, registry, packageId, target }) => {
        const content = FILES[path] ?? "";
        const other = typeof content === "string" ? "DEEP" : new Uint8Array(content).fill(8, 9, 10);
        damage(blobPath(directory, "store", content), other);
        const error = await rejectsWithCode("blob_damaged", pullPackage(registry, packageId, target));
        assert.equal(error.errors[0]?.pointer, path);
        assert.equal(existsSync(target), false);
      }));
  }

  it("names every file of a blob that is lost or short before it makes anything", () =>
    withPackage(async ({ directory, registry, packageId, target }) => {
      unlinkSync(blobPath(directory, "store", "same"));
      const lost = await rejectsWithCode("blob_missing", pullPackage(registry, packageId, target));
      assert.deepEqual(
        lost.errors.map(({ pointer }) => pointer),
        ["same-1", "same-2"],
      );
      writeFileSync(blobPath(directory, "store", "same"), "sam");
      await rejectsWithCode("blob_damaged", pullPackage(registry, packageId, target));
      assert.equal(existsSync(target), false);
    }));

  it("takes another backend's copy where one is damaged or lost, and says so", () =>
    withPackage(async ({ directory, registry, packageId, target }) => {
      damage(blobPath(directory, "store", "deep"), "DEEP");
      unlinkSync(blobPath(directory, "store", "name"));
      const { warnings } = await pullPackage(registry, packageId, target);
      assert.equal(warnings.length, 2);
      assert.deepEqual(treeOf(target), treeOf(join(directory, "source")));
    }, true));

  it("stops when it is told to, and takes everything away again", () =>
    withPackage(async ({ registry, packageId, target }) => {
      const signal = AbortSignal.abort();
      await assert.rejects(pullPackage(registry, packageId, target, { signal }), { name: "AbortError" });
      assert.equal(existsSync(target), false);
    }));

  it("knows packages that are not there or not finished", () =>
    withPackage(async ({ registry, target }) => {
      const id = "01890000-0000-7000-8000-000000000000";
      await rejectsWithCode("package_not_found", pullPackage(registry, id, target));
      await rejectsWithCode("invalid_input", pullPackage(registry, "x", target));
      assert.equal(existsSync(target), false);
    }));
});
