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

  it("says as JSON what is wrong with events that give no views", () =>
    withCliRegistry(async ({ database, push, run }) => {
      await push("one", { a: "1", b: "2" });
      const copied = (column: string, from: number) =>
        `${column} = (SELECT other.${column} FROM events AS other WHERE other.sequence = ${from})`;
      for (const change of [
        `${copied("payload", 2)} WHERE sequence = 1`,
        `${copied("payload", 3)}, ${copied("payload_digest", 3)} WHERE sequence = 4`,
        `subject_id = 'nothing' WHERE sequence = 5`,
        `event_type = 'v1.package.abandoned' WHERE sequence = 3`,
      ]) {
        await database.tamper(`UPDATE events SET ${change}`);
        const { exitCode, stdout } = await run(["log", "replay", "--check"]);
        assert.equal(exitCode, 5);
        const found = JSON.parse(stdout);
        assert.equal(found.equal, false);
        assert.ok(found.log_problem_count > 0);
        assert.ok(found.log_problems.length > 0);
        assert.ok(Array.isArray(found.differences));
      }
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
