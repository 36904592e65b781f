import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { withCliRegistry } from "../../support/cli-registry.ts";
import { writeFiles } from "../../support/open-registry.ts";

describe("schema", () => {
  it("registers a schema once, whatever its spelling, and never another under its slug", () =>
    withCliRegistry(async ({ directory, json, run }) => {
      writeFiles(directory, {
        "a.json": '{"type": "object", "required": ["k"]}',
        "same.json": '{"required":["k"],"type":"object"}',
        "other.json": '{"type": "object"}',
        "bad.json": '{"type": "no such type"}',
      });
      const at = (name: string) => join(directory, name);
      const first = await json("schema", "register", "tests.v1", at("a.json"));
      assert.equal(first.reused_existing, false);
      const again = await json("schema", "register", "tests.v1", at("same.json"));
      assert.deepEqual([again.reused_existing, again.digest], [true, first.digest]);
      assert.equal((await json("log", "head")).sequence, 1);
      assert.equal((await run(["schema", "register", "tests.v1", at("other.json")])).exitCode, 4);
      assert.equal((await run(["schema", "register", "tests.v2", at("bad.json")])).exitCode, 8);
      assert.equal((await run(["schema", "register", "Not A Slug", at("a.json")])).exitCode, 8);
    }));

  it("leaves the slug of a schema that is part of the program to that schema", () =>
    withCliRegistry(async ({ directory, json, run }) => {
      const slug = "guide-board.run.v1";
      await json("migrate");
      const { digest, json_schema } = await json("schema", "show", slug);
      writeFiles(directory, { "other.json": '{"type":"object"}', "same.json": JSON.stringify(json_schema) });
      const other = await run(["schema", "register", slug, join(directory, "other.json")]);
      assert.equal(other.exitCode, 4);
      assert.equal((await json("log", "head")).sequence, 0);
      const same = await json("schema", "register", slug, join(directory, "same.json"));
      assert.deepEqual([same.reused_existing, same.digest], [false, digest]);
    }));

  it("lists and shows them, and shows those that are part of the program", () =>
    withCliRegistry(async ({ directory, json, run }) => {
      writeFiles(directory, { "a.json": '{"type":"object"}' });
      const slugs = ["b.v1", "a.v1", "c.v1"];
      for (const slug of slugs) await json("schema", "register", slug, join(directory, "a.json"));
      const first = await json("schema", "list", "--limit", "2");
      const rest = await json("schema", "list", "--limit", "2", "--cursor", first.next_cursor);
      assert.deepEqual(
        [...first.items, ...rest.items].map((item: { slug: string }) => item.slug),
        ["a.v1", "b.v1", "c.v1"],
      );
      assert.equal(rest.next_cursor, null);
      assert.deepEqual((await json("schema", "show", "b.v1")).json_schema, { type: "object" });
      const embedded = await json("schema", "show", "guide-board.run.v1");
      assert.equal(embedded.registered_at, null);
      assert.equal(embedded.json_schema.$id, "artifactstore:schemas:guide-board.run.v1");
      assert.equal((await run(["schema", "show", "no.such"])).exitCode, 3);
    }));
});
