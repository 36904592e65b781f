import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { runCliHere } from "../support/run-cli.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const ID = "0192d000-0000-7000-8000-000000000000";
/** Nobody listens on the port that is no port. */
const API_URL = "http://127.0.0.1:1";
const environment = { ARTIFACTSTORE_API_URL: API_URL };

/** Words for each command that works through a server where one is configured; all of them are well formed. */
const REMOTE: Readonly<Record<string, readonly string[]>> = {
  health: [],
  "guide-board register-schema": [],
  push: ["tree", "--producer=p", "--subject=s", "--retention-class=transient"],
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

function prepare(workingDirectory: string): void {
  mkdirSync(join(workingDirectory, "tree"));
  writeFileSync(join(workingDirectory, "tree", "a"), "a");
  writeFileSync(join(workingDirectory, "schema.json"), "{}");
}

/** Paths on the command line are relative to the process, so they are made absolute. */
function argvOf(name: string, words: readonly string[], workingDirectory: string): string[] {
  const place = (word: string) =>
    word === "tree" || word === "target" || word === "schema.json" ? join(workingDirectory, word) : word;
  return [...name.split(" "), ...words.map(place)];
}

describe("a configured server", () => {
  it("concerns exactly the commands that make sense remotely", () => {
    const names = COMMANDS.filter(({ remote }) => remote === true).map(({ name }) => name);
    assert.deepEqual(names, Object.keys(REMOTE));
    const asked = COMMANDS.filter(({ remote }) => remote === "asked").map(({ name }) => name);
    assert.deepEqual(asked, ["guide-board ingest"]);
  });

  it("is not passed over by any of them, and nothing is made here when it cannot be reached", async () => {
    const run = ([name, words]: readonly [string, readonly string[]]) =>
      withTemporaryDirectory(async (workingDirectory) => {
        prepare(workingDirectory);
        const argv = argvOf(name, words, workingDirectory);
        const { exitCode, stdout, stderr } = await runCliHere(argv, { workingDirectory, environment });
        assert.deepEqual([exitCode, stdout], [7, ""], `${name}: ${stderr}`);
        assert.match(stderr, /\(server_unavailable\)\n$/);
        for (const made of ["var", "target"])
          assert.equal(existsSync(join(workingDirectory, made)), false, name);
      });
    await Promise.all(Object.entries(REMOTE).map(run));
  });

  it("is named by --api as well, and by .env and the TOML file", () =>
    withTemporaryDirectory(async (workingDirectory) => {
      const flag = await runCliHere(["health", "--api", API_URL], { workingDirectory });
      assert.equal(flag.exitCode, 7);
      const toml = join(workingDirectory, "a.toml");
      writeFileSync(toml, `api_url = "${API_URL}"`);
      assert.equal(
        (await runCliHere(["schema", "list", "--config", toml], { workingDirectory })).exitCode,
        7,
      );
      writeFileSync(join(workingDirectory, ".env"), `ARTIFACTSTORE_API_URL=${API_URL}`);
      assert.equal((await runCliHere(["schema", "list"], { workingDirectory })).exitCode, 7);
      const ftp = await runCliHere(["schema", "list", "--api", "ftp://a"], { workingDirectory });
      assert.notEqual(ftp.exitCode, 0);
    }));

  it("is passed over with --local, and when it is empty", () =>
    withTemporaryDirectory(async (workingDirectory) => {
      const local = await runCliHere(["packages", "list", "--local"], { workingDirectory, environment });
      assert.match(local.stderr, /\(registry_not_found\)/);
      const empty = { ARTIFACTSTORE_API_URL: "" };
      const unset = await runCliHere(["packages", "list"], { workingDirectory, environment: empty });
      assert.match(unset.stderr, /\(registry_not_found\)/);
    }));

  it("does not concern guide-board ingest unless --api names it", () =>
    withTemporaryDirectory(async (workingDirectory) => {
      prepare(workingDirectory);
      const argv = ["guide-board", "ingest", join(workingDirectory, "tree")];
      const direct = await runCliHere(argv, { workingDirectory, environment });
      assert.match(direct.stderr, /\(not_a_run\)/);
    }));

  it("does not hinder commands that always work directly, which take no --api, nor help", () =>
    withTemporaryDirectory(async (workingDirectory) => {
      const run = { workingDirectory, environment };
      for (const argv of [["config"], ["version"], ["completion", "bash"], ["migrate"], ["push", "--help"]]) {
        assert.equal((await runCliHere(argv, run)).exitCode, 0, argv.join(" "));
      }
      assert.equal((await runCliHere(["log", "head"], run)).exitCode, 0);
      assert.equal((await runCliHere(["doctor", "--api", API_URL], run)).exitCode, 2);
    }));

  it("does not hinder the comparison of a directory with a saved manifest", () =>
    withTemporaryDirectory(async (workingDirectory) => {
      prepare(workingDirectory);
      const manifest = join(workingDirectory, "m.cbor");
      writeFileSync(manifest, "no manifest");
      const argv = ["verify", "--manifest", manifest, join(workingDirectory, "tree")];
      const { stderr } = await runCliHere(argv, { workingDirectory, environment });
      assert.match(stderr, /\(invalid_/);
    }));
});
