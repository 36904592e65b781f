import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ERRORS } from "../../../src/core/errors.ts";
import { type CliRegistry, withCliRegistry } from "../../support/cli-registry.ts";

const HELLO = "blake3:ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f";

async function ids(registry: CliRegistry, ...flags: string[]): Promise<string[]> {
  const { items } = await registry.json("packages", "list", ...flags);
  return items.map((item: { id: string }) => item.id);
}

describe("packages", () => {
  it("have ids, and what is none is told so by every command that takes one", () =>
    withCliRegistry(async ({ push, run }) => {
      await push("one", { a: "1" });
      for (const id of ["../../etc/passwd", "nosuch"]) {
        for (const command of [["manifest"], ["packages", "show"], ["verify"], ["pull"]]) {
          const argv = command[0] === "pull" ? ["pull", id, "target"] : [...command, id];
          const { exitCode, stderr } = await run(argv);
          assert.equal(exitCode, ERRORS.invalid_input.exit, stderr);
        }
      }
    }));

  it("lists the newest first, page by page", () =>
    withCliRegistry(async (registry) => {
      const pushed: string[] = [];
      for (const name of ["one", "two", "three"]) pushed.unshift(await registry.push(name, { f: name }));
      assert.deepEqual(await ids(registry), pushed);
      const first = await registry.json("packages", "list", "--limit", "2");
      assert.deepEqual(
        first.items.map((item: { id: string }) => item.id),
        pushed.slice(0, 2),
      );
      const second = await registry.json("packages", "list", "--limit", "2", "--cursor", first.next_cursor);
      assert.deepEqual(
        second.items.map((item: { id: string }) => item.id),
        pushed.slice(2),
      );
      assert.equal(second.next_cursor, null);
    }));

  it("filters by what a package is and holds", () =>
    withCliRegistry(async (registry) => {
      const one = await registry.push("one", { f: "hello" });
      const two = await registry.push("two", { f: "world" });
      const shown = await registry.json("packages", "show", one, "--files");
      const [file] = shown.files.items;
      assert.equal(file.content_address, HELLO);
      for (const flags of [
        ["--external-id", "one"],
        ["--content-address", HELLO],
        ["--sha256", file.sha256],
        ["--manifest-digest", shown.manifest_digest],
      ]) {
        assert.deepEqual(await ids(registry, ...flags), [one], flags.join(" "));
      }
      for (const flags of [
        ["--producer", "tests"],
        ["--subject", "s"],
        ["--status", "finalized"],
        ["--retention-class", "raw-evidence"],
        ["--created-from", "2020-01-01T00:00:00.000Z"],
      ]) {
        assert.deepEqual(await ids(registry, ...flags), [two, one], flags.join(" "));
      }
      for (const flags of [
        ["--producer", "nobody"],
        ["--status", "abandoned"],
        ["--metadata", "k=v"],
        ["--expires-before", "2020-01-01T00:00:00.000Z"],
      ]) {
        assert.deepEqual(await ids(registry, ...flags), [], flags.join(" "));
      }
    }));

  it("refuses filters, limits and cursors that are none", () =>
    withCliRegistry(async (registry) => {
      await registry.push("one", { f: "hello" });
      const foreign = "01890000-0000-4000-8000-000000000000.3";
      for (const [flags, exitCode] of [
        [["--content-address", "blake3:xyz"], 8],
        [["--sha256", "abc"], 8],
        [["--created-from", "yesterday"], 8],
        [["--limit", "0"], 8],
        [["--limit", "1001"], 8],
        [["--limit", "-1"], 2],
        [["--limit", "ten"], 2],
        [["--cursor", "x"], 8],
        [["--cursor", foreign], 8],
        [["--status", "gone"], 2],
        [["--metadata", "novalue"], 2],
      ] as const) {
        const result = await registry.run(["packages", "list", ...flags]);
        assert.equal(result.exitCode, exitCode, `${flags.join(" ")}: ${result.stderr}`);
      }
    }));

  it("shows files with their locations, page by page", () =>
    withCliRegistry(async (registry) => {
      const id = await registry.push("one", { a: "1", b: "2", "c/d": "3" });
      const page = await registry.json("packages", "show", id, "--files", "--limit", "2");
      assert.deepEqual(
        page.files.items.map((file: { relative_path: string }) => file.relative_path),
        ["a", "b"],
      );
      assert.equal(page.files.items[0].locations[0].backend_id, "local");
      assert.deepEqual(page.storage, [{ backend_id: "local", file_count: 3 }]);
      const rest = await registry.json(
        ...["packages", "show", id, "--files", "--limit", "2", "--cursor", page.files.next_cursor],
      );
      assert.deepEqual([rest.files.items.length, rest.files.next_cursor], [1, null]);
      assert.equal((await registry.run(["packages", "show", id, "--limit", "2"])).exitCode, 2);
    }));

  it("abandons only what was never finalized", () =>
    withCliRegistry(async (registry) => {
      const id = await registry.push("one", { a: "1" });
      assert.equal((await registry.run(["packages", "abandon", id, "--reason", "r"])).exitCode, 4);
      const other = "01890000-0000-7000-8000-000000000000";
      assert.equal((await registry.run(["packages", "abandon", other, "--reason", "r"])).exitCode, 3);
      assert.equal((await registry.run(["packages", "abandon", id])).exitCode, 2);
    }));

  it("makes nothing where there is no registry", () =>
    withCliRegistry(async ({ run, database, storeRoot, directory }) => {
      const id = "01890000-0000-7000-8000-000000000000";
      const address = `blake3:${"0".repeat(64)}`;
      for (const argv of [
        ["packages", "list"],
        ["packages", "show", id],
        ["packages", "abandon", id, "--reason", "r"],
        ["pull", id, join(directory, "out")],
        ["events"],
        ["log", "head"],
        ["log", "replay"],
        ["log", "replay", "--check"],
        ["schema", "list"],
        ["schema", "show", "x"],
        ["storage", "status"],
        ["storage", "cat", address],
        ["storage", "pack"],
        ["storage", "unpack"],
      ]) {
        const result = await run(argv);
        assert.equal(result.exitCode, 3, `${argv.join(" ")}: ${result.stderr}`);
      }
      for (const path of [database.place, storeRoot, join(directory, "out")]) {
        assert.equal(existsSync(path), false, path);
      }
    }));
});
