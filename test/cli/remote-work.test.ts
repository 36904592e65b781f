import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { runCliHere } from "../support/run-cli.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const ID = "0192d000-0000-7000-8000-000000000000";
const API_URL = "http://localhost:8000";
const environment = { ARTIFACTSTORE_API_URL: API_URL };

/** Words for each command that makes sense remotely; all of them are well formed. */
const REMOTE: Readonly<Record<string, readonly string[]>> = {
  push: [".", "--producer=p", "--subject=s", "--retention-class=transient"],
  pull: [ID, "target"],
  "packages list": [],
  "packages show": [ID],
  "packages abandon": [ID, "--reason=r"],
  manifest: [ID],
  verify: [ID],
  events: [],
  "schema register": ["a.b", "schema.json"],
  "schema list": [],
  "schema show": ["a.b"],
};

describe("a configured server", () => {
  it("concerns exactly the commands that make sense remotely", () => {
    const names = COMMANDS.filter(({ remote }) => remote === true).map(({ name }) => name);
    assert.deepEqual(names, Object.keys(REMOTE));
  });

  for (const [name, words] of Object.entries(REMOTE)) {
    it(`is not passed over by ${name}`, () =>
      withTemporaryDirectory(async (workingDirectory) => {
        const argv = [...name.split(" "), ...words];
        const { exitCode, stdout, stderr } = await runCliHere(argv, { workingDirectory, environment });
        assert.deepEqual([exitCode, stdout], [2, ""]);
        assert.match(stderr, /ARTIFACTSTORE_API_URL.*--local.*\(configuration\)\n$/);
        assert.equal(existsSync(join(workingDirectory, "var")), false);
      }));
  }

  it("is seen in .env and in the TOML file, which the message names", () =>
    withTemporaryDirectory(async (workingDirectory) => {
      const toml = join(workingDirectory, "a.toml");
      writeFileSync(toml, `api_url = "${API_URL}"`);
      const fromToml = await runCliHere(["packages", "list", "--config", toml], { workingDirectory });
      assert.equal(fromToml.exitCode, 2);
      assert.ok(fromToml.stderr.includes(toml));
      const env = join(workingDirectory, ".env");
      writeFileSync(env, `ARTIFACTSTORE_API_URL=${API_URL}`);
      const fromEnv = await runCliHere(["packages", "list"], { workingDirectory });
      assert.equal(fromEnv.exitCode, 2);
      assert.ok(fromEnv.stderr.includes(env));
    }));

  it("is passed over with --local, and when it is empty", () =>
    withTemporaryDirectory(async (workingDirectory) => {
      const local = await runCliHere(["packages", "list", "--local"], { workingDirectory, environment });
      assert.match(local.stderr, /\(registry_not_found\)/);
      const empty = { ARTIFACTSTORE_API_URL: "" };
      const unset = await runCliHere(["packages", "list"], { workingDirectory, environment: empty });
      assert.match(unset.stderr, /\(registry_not_found\)/);
    }));

  it("does not hinder commands that always work directly, nor help", () =>
    withTemporaryDirectory(async (workingDirectory) => {
      const run = { workingDirectory, environment };
      for (const argv of [["config"], ["version"], ["completion", "bash"], ["migrate"], ["push", "--help"]]) {
        assert.equal((await runCliHere(argv, run)).exitCode, 0, argv.join(" "));
      }
      assert.equal((await runCliHere(["log", "head"], run)).exitCode, 0);
    }));

  it("does not hinder the comparison of a directory with a saved manifest", () =>
    withTemporaryDirectory(async (workingDirectory) => {
      const manifest = join(workingDirectory, "m.cbor");
      writeFileSync(manifest, "no manifest");
      mkdirSync(join(workingDirectory, "tree"));
      const argv = ["verify", "--manifest", manifest, join(workingDirectory, "tree")];
      const { stderr } = await runCliHere(argv, { workingDirectory, environment });
      assert.doesNotMatch(stderr, /\(configuration\)/);
      assert.match(stderr, /\(invalid_/);
    }));
});
