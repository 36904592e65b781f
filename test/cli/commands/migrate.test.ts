import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { postgresMigrations } from "../../../src/db/postgres/migrations/migrations.ts";
import { sqliteMigrations } from "../../../src/db/sqlite/migrations/migrations.ts";
import { withCliRegistry } from "../../support/cli-registry.ts";
import { itOver, TEST_DATABASE } from "../../support/test-database.ts";

describe("migrate", () => {
  it("makes the database, and tells from where to where it came", () =>
    withCliRegistry(async ({ json }) => {
      const version = (TEST_DATABASE === "sqlite" ? sqliteMigrations : postgresMigrations).length;
      assert.deepEqual(await json("migrate"), { from_version: 0, to_version: version });
      assert.deepEqual(await json("migrate"), { from_version: version, to_version: version });
      assert.deepEqual((await json("packages", "list")).items, []);
      assert.deepEqual(await json("log", "head"), {
        registry_id: null,
        sequence: 0,
        root_hash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        created_at: null,
      });
    }));

  itOver("sqlite", "a server keeps its own files", "refuses what is no database", () =>
    withCliRegistry(async ({ database, run }) => {
      writeFileSync(
        database.place,
        "this is not a database, though it is long enough to be mistaken for one",
      );
      assert.equal((await run(["migrate"])).exitCode, 5);
    }),
  );
});
