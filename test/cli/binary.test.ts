import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { before, describe, it } from "node:test";
import { compiledBinary } from "../support/binary.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

let binary = "";

function run(args: readonly string[], cwd: string, environment: Record<string, string> = {}) {
  const env = { PATH: process.env["PATH"] ?? "", ...environment };
  return spawnSync(binary, args, { cwd, env, encoding: "utf8", input: "" });
}

describe("the compiled binary", () => {
  before(async () => {
    binary = await compiledBinary();
  });

  it("says what it is", () =>
    withTemporaryDirectory((directory) => {
      const { status, stdout, stderr } = run(["version", "--verbose"], directory);
      assert.deepEqual([status, stderr], [0, ""]);
      const told = JSON.parse(stdout);
      assert.equal(told.compiled, true);
      assert.match(told.runtime, /^bun /);
      assert.match(told.blake3, /native/);
      assert.match(told.commit, /^([0-9a-f]{40}\+?|unknown)$/);
    }));

  it("ends with the exit codes of the table", () =>
    withTemporaryDirectory((directory) => {
      assert.equal(run([], directory).status, 2);
      assert.equal(run(["--help"], directory).status, 0);
      assert.equal(run(["version", "--nope"], directory).status, 2);
      assert.equal(run(["config"], directory, { ARTIFACTSTORE_PORT: "x" }).status, 2);
    }));

  it("is quiet when the reader of its output goes away", () =>
    withTemporaryDirectory((directory) => {
      const program = '"$1" config | head -c 1; exit "${' + 'PIPESTATUS[0]}"';
      const result = spawnSync("bash", ["-c", program, "bash", binary], { cwd: directory, encoding: "utf8" });
      assert.deepEqual([result.stdout, result.stderr], ["{", ""]);
      assert.equal(result.status, 0);
    }));

  it("writes all of a large result into a pipe that is read slowly", () =>
    withTemporaryDirectory((directory) => {
      const lines = Array.from(
        { length: 3000 },
        (_, index) => `[backends.b${index}]\ntype = "s3"\nbucket = "${"x".repeat(99)}"`,
      );
      writeFileSync(join(directory, "a.toml"), lines.join("\n"));
      const program = '"$1" config --config a.toml | { sleep 0.2; cat; }';
      const options = { cwd: directory, encoding: "utf8", maxBuffer: 10_000_000 } as const;
      const result = spawnSync("bash", ["-c", program, "bash", binary], options);
      assert.equal(Object.keys(JSON.parse(result.stdout).backends).length, 3000);
    }));

  it("runs nothing and takes nothing but its own settings from a hostile directory", () =>
    withTemporaryDirectory((directory) => {
      const evil = `require("node:fs").writeFileSync(${JSON.stringify(join(directory, "ran"))}, "ran");`;
      const files: Record<string, string> = {
        "bunfig.toml":
          'preload = ["./evil.js"]\n[run]\nbun = true\n[test]\npreload = ["./evil.js"]\n[define]\n"process.platform" = "\'evil\'"\n',
        ".bunfig.toml": 'preload = ["./evil.js"]\n',
        "evil.js": evil,
        "index.js": evil,
        "artifactstore.js": evil,
        ".env":
          "NODE_OPTIONS=--require=./evil.js\nBUN_OPTIONS=--preload=./evil.js\nNO_COLOR=\nHOME=/evil\nARTIFACTSTORE_ACTOR=from-env-file\n",
        ".env.local": "ARTIFACTSTORE_ACTOR=evil\n",
        ".env.production": "ARTIFACTSTORE_ACTOR=evil\n",
        ".env.development": "ARTIFACTSTORE_ACTOR=evil\n",
        "package.json":
          '{"name":"artifactstore","version":"6.6.6","type":"commonjs","main":"evil.js","imports":{"#x":"./evil.js"}}',
        "tsconfig.json": '{"compilerOptions":{"baseUrl":".","paths":{"*":["./evil.js"]}}}',
        "node_modules/@napi-rs/blake-hash/package.json": '{"name":"@napi-rs/blake-hash","main":"index.js"}',
        "node_modules/@napi-rs/blake-hash/index.js": evil,
        "node_modules/smol-toml/package.json": '{"name":"smol-toml","main":"index.js"}',
        "node_modules/smol-toml/index.js": evil,
        "node_modules/citty/index.js": evil,
        "blake-hash.linux-x64-gnu.node": "not a library",
        "empty.toml": "",
      };
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(join(directory, path, ".."), { recursive: true });
        writeFileSync(join(directory, path), text);
        chmodSync(join(directory, path), 0o755);
      }
      const environment = { NODE_ENV: "production" };
      const version = run(["version", "--verbose"], directory, environment);
      assert.equal(version.status, 0, version.stderr);
      const told = JSON.parse(version.stdout);
      assert.notEqual(told.version, "6.6.6");
      assert.match(told.blake3, /native/);
      assert.ok(!told.target.includes("evil"));

      const help = run(["config", "--help"], directory, environment);
      assert.equal(help.status, 0, help.stderr);

      const config = run(["config", "--config", "empty.toml"], directory, environment);
      assert.equal(config.status, 0, config.stderr);
      assert.ok(!config.stdout.includes("evil"));
      assert.equal(JSON.parse(config.stdout).settings.ARTIFACTSTORE_ACTOR.value, "from-env-file");

      assert.equal(
        spawnSync("test", ["-e", join(directory, "ran")]).status,
        1,
        "something of the directory ran",
      );
    }));
});
