import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withCliRegistry } from "../../support/cli-registry.ts";

describe("log", () => {
  it("has a head that grows with each event and names the registry", () =>
    withCliRegistry(async ({ json, push }) => {
      await push("one", { a: "1" });
      const first = await json("log", "head");
      assert.equal(first.sequence, 4);
      assert.match(first.root_hash, /^[0-9a-f]{64}$/);
      await push("two", { a: "2" });
      const second = await json("log", "head");
      assert.equal(second.sequence, 8);
      assert.equal(second.registry_id, first.registry_id);
      assert.notEqual(second.root_hash, first.root_hash);
    }));

  it("is replayed to the same views", () =>
    withCliRegistry(async ({ json, push }) => {
      const id = await push("one", { a: "1", b: "2" });
      const shown = await json("packages", "show", id, "--files");
      assert.deepEqual(await json("log", "replay"), {
        through_sequence: 5,
        events: 5,
        unknown_event_types: {},
      });
      assert.deepEqual(await json("packages", "show", id, "--files"), shown);
      const check = await json("log", "replay", "--check");
      assert.deepEqual([check.equal, check.through_sequence, check.differences], [true, 5, []]);
    }));

  it("finds an edited view, which replay puts right", () =>
    withCliRegistry(async ({ database, json, push, run }) => {
      const id = await push("one", { a: "1" });
      await database.tamper("UPDATE artifact_packages SET subject = 'another'");
      const check = await run(["log", "replay", "--check"]);
      assert.equal(check.exitCode, 5);
      const { difference_count, differences } = JSON.parse(check.stdout);
      assert.equal(difference_count, 1);
      assert.deepEqual(differences, [
        {
          table: "artifact_packages",
          key: id,
          kind: "differs",
          column: "subject",
          live: "another",
          replayed: "s",
        },
      ]);
      await json("log", "replay");
      assert.equal((await json("log", "replay", "--check")).equal, true);
      assert.equal((await json("packages", "show", id)).subject, "s");
    }));

  it("finds an edited event, and does not rebuild views from it", () =>
    withCliRegistry(async ({ database, push, run }) => {
      await push("one", { a: "1" });
      await database.tamper("UPDATE events SET actor = 'somebody' WHERE sequence = 3");
      const check = await run(["log", "replay", "--check"]);
      assert.equal(check.exitCode, 5);
      const { equal, log_problems } = JSON.parse(check.stdout);
      assert.equal(equal, false);
      assert.equal(log_problems[0].sequence, 3);
      assert.equal((await run(["log", "replay"])).exitCode, 5);
    }));
});
