import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { withCliRegistry } from "../../support/cli-registry.ts";
import { writeFiles } from "../../support/open-registry.ts";

const WHO = ["--producer", "tests", "--subject", "s", "--retention-class", "raw-evidence"];

describe("push", () => {
  it("registers a directory, names it after the directory, and records what was left out", () =>
    withCliRegistry(async ({ directory, json }) => {
      writeFiles(join(directory, "run"), { "a.txt": "a", "b.tmp": "b" });
      const pushed = await json("push", join(directory, "run"), ...WHO, "--exclude", "*.tmp");
      assert.equal(pushed.file_count, 1);
      assert.equal(pushed.reused_existing, false);
      assert.equal(pushed.name, "run");
      const { manifest } = await json("manifest", pushed.package_id);
      assert.deepEqual(manifest.provenance, { excluded: ["*.tmp"] });
      assert.deepEqual(manifest.package.metadata, {});
    }));

  it("is idempotent by external id, and makes a package each time without one", () =>
    withCliRegistry(async ({ directory, json, run }) => {
      const source = join(directory, "run");
      writeFiles(source, { "a.txt": "a" });
      const first = await json("push", source, ...WHO, "--external-id", "x");
      const again = await json("push", source, ...WHO, "--external-id", "x");
      assert.deepEqual([again.package_id, again.reused_existing], [first.package_id, true]);
      const one = await json("push", source, ...WHO);
      const two = await json("push", source, ...WHO);
      assert.notEqual(one.package_id, two.package_id);
      assert.equal(one.manifest_digest, two.manifest_digest);
      writeFiles(source, { "a.txt": "other" });
      assert.equal((await run(["push", source, ...WHO, "--external-id", "x"])).exitCode, 4);
    }));

  it("holds metadata against a schema: registered, part of the program, or from a file", () =>
    withCliRegistry(async ({ directory, json, run }) => {
      const at = (name: string) => join(directory, name);
      writeFiles(directory, {
        "run/a.txt": "a",
        "schema.json": '{"type": "object", "required": ["k"]}',
        "other.json": '{"type": "object", "required": ["l"]}',
        "good.json": '{"k": 1}',
        "bad.json": '{"j": 1}',
      });
      const push = (...rest: string[]) => run(["push", at("run"), ...WHO, ...rest]);
      assert.equal((await push("--metadata", at("good.json"), "--schema", "tests.v1")).exitCode, 3);
      const fromFile = `tests.v1=${at("schema.json")}`;
      assert.equal((await push("--metadata", at("bad.json"), "--schema", fromFile)).exitCode, 8);
      assert.equal((await push("--metadata", at("good.json"), "--schema", fromFile)).exitCode, 0);
      const { digest } = await json("schema", "register", "tests.v1", at("schema.json"));
      const pushed = await push("--metadata", at("good.json"), "--schema", "tests.v1");
      const shown = await json("packages", "show", JSON.parse(pushed.stdout).package_id);
      assert.deepEqual(shown.metadata_schema, { slug: "tests.v1", digest });
      const conflicting = `tests.v1=${at("other.json")}`;
      assert.equal((await push("--metadata", at("good.json"), "--schema", conflicting)).exitCode, 4);
      assert.equal((await push("--metadata", at("good.json"), "--schema", "guide-board.run.v1")).exitCode, 8);
    }));

  it("says who and how long, and refuses what it cannot take, before it makes anything", () =>
    withCliRegistry(async ({ directory, database, run }) => {
      writeFiles(directory, { "run/a.txt": "a", "list.json": "[]", "twice.json": '{"a":1,"a":2}' });
      const source = join(directory, "run");
      const exit = async (...argv: string[]) => (await run(["push", ...argv])).exitCode;
      assert.equal(await exit(source, "--producer", "p", "--subject", "s"), 2);
      assert.equal(await exit(source, ...WHO, "--metadata", join(directory, "list.json")), 8);
      assert.equal(await exit(source, ...WHO, "--metadata", join(directory, "twice.json")), 8);
      assert.equal(existsSync(database.place), false);
      assert.equal(await exit(join(directory, "nowhere"), ...WHO), 8);
      const known = ["--producer", "p", "--subject", "s", "--retention-class", "no-such"];
      assert.equal(await exit(source, ...known), 8);
    }));
});
