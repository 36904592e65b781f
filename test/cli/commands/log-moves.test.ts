import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { execPath, pid, platform } from "node:process";
import { describe, it } from "node:test";
import { ERRORS, type ErrorCode } from "../../../src/core/errors.ts";
import { pullNamePrefix } from "../../../src/registry/pull-leftovers.ts";
import { type CliRegistry, withCliRegistry } from "../../support/cli-registry.ts";
import type { CliRun } from "../../support/run-cli.ts";
import { TEST_DATABASE } from "../../support/test-database.ts";

/** A second registry beside the first. */
function elsewhere(registry: CliRegistry, name = "elsewhere.db"): CliRun {
  return { environment: { ARTIFACTSTORE_DATABASE_URL: `sqlite:${join(registry.directory, name)}` } };
}

async function refuses(
  registry: CliRegistry,
  code: ErrorCode,
  argv: readonly string[],
  run: CliRun = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await registry.run(argv, run);
  assert.equal(exitCode, ERRORS[code].exit, stderr);
  assert.match(stderr, new RegExp(`\\(${code}\\)$`, "m"));
  assert.equal(stdout, "");
  return stderr;
}

describe("log export and log import", () => {
  it("move a registry through a file, and tell what it is", () =>
    withCliRegistry(async (registry) => {
      const { directory, json, push, run } = registry;
      const id = await push("one", { a: "1", b: "2" });
      const head = await json("log", "head");
      const path = join(directory, "registry.log");
      const written = await json("log", "export", path);
      const size = statSync(path).size;
      assert.deepEqual(written, { file: path, size_bytes: size, events: 5, ...head });
      if (platform !== "win32") assert.equal(statSync(path).mode & 0o777, 0o600);

      const imported = await run(["log", "import", "registry.log"], elsewhere(registry));
      assert.equal(imported.exitCode, 0, imported.stderr);
      assert.deepEqual(JSON.parse(imported.stdout), { events: 5, ...head, unknown_event_types: {} });
      const shown = await run(["verify", id], elsewhere(registry));
      assert.equal(shown.exitCode, 0, shown.stderr);
      const back = await run(["log", "export", "back.log", "--compress", "zstd"], elsewhere(registry));
      assert.equal(back.exitCode, 0, back.stderr);
      const plain = await run(["log", "import", "back.log"], elsewhere(registry, "third.db"));
      assert.equal(plain.exitCode, 0, plain.stderr);
      await run(["log", "export", "third.log"], elsewhere(registry, "third.db"));
      assert.deepEqual(readFileSync(join(directory, "third.log")), readFileSync(path));
      assert.deepEqual(
        readdirSync(directory).filter((name) => name.endsWith(".part")),
        [],
      );
    }));

  it("move it through standard output and input, compressed as well", () =>
    withCliRegistry(async (registry) => {
      await registry.push("one", { a: "1" });
      await registry.json("log", "export", join(registry.directory, "registry.log"));
      const expected = readFileSync(join(registry.directory, "registry.log"));
      for (const [index, flags] of [[], ["--compress", "gzip"], ["--compress", "zstd"]].entries()) {
        const exported = await registry.run(["log", "export", "-", ...flags]);
        assert.equal(exported.exitCode, 0, exported.stderr);
        if (flags.length === 0) assert.deepEqual(Buffer.from(exported.bytes), expected);
        const place = elsewhere(registry, `${index}.db`);
        const input = [exported.bytes.slice(0, 3), exported.bytes.slice(3)];
        const imported = await registry.run(["log", "import", "-"], { ...place, input });
        assert.equal(imported.exitCode, 0, imported.stderr);
        assert.equal(JSON.parse(imported.stdout).events, 4);
      }
    }));

  it("do not print bytes to a terminal", () =>
    withCliRegistry(async (registry) => {
      await registry.push("one", { a: "1" });
      const { exitCode, stdout } = await registry.run(["log", "export", "-"], { isTerminal: true });
      assert.deepEqual([exitCode, stdout], [ERRORS.usage.exit, ""]);
    }));

  it("replace nothing unless told to, and then only regular files that are not the registry's", () =>
    withCliRegistry(async (registry) => {
      const { directory, database, storeRoot, json, push } = registry;
      await push("one", { a: "1" });
      const path = join(directory, "registry.log");
      writeFileSync(path, "precious");
      await refuses(registry, "target_exists", ["log", "export", path]);
      assert.equal(readFileSync(path, "utf8"), "precious");
      await json("log", "export", path, "--force");
      assert.notEqual(readFileSync(path, "utf8"), "precious");

      mkdirSync(join(directory, "place"));
      symlinkSync(path, join(directory, "link"));
      for (const name of ["place", "link"]) {
        await refuses(registry, "target_exists", ["log", "export", join(directory, name), "--force"]);
      }
      const files = TEST_DATABASE === "sqlite" ? [database.place, `${database.place}-wal`] : [];
      for (const own of [...files, join(storeRoot, "registry.log")]) {
        await refuses(registry, "path_conflict", ["log", "export", own, "--force"]);
      }
      await refuses(registry, "output_unavailable", ["log", "export", join(directory, "nowhere", "x")]);
      await json("log", "replay", "--check");
    }));

  it("leave no file where the log is damaged, and no registry where the file is", () =>
    withCliRegistry(async (registry) => {
      const { directory, json, push, run } = registry;
      await push("one", { a: "1" });
      const path = join(directory, "registry.log");
      await json("log", "export", path);
      const bytes = readFileSync(path);
      const cut = join(directory, "cut.log");
      writeFileSync(cut, bytes.subarray(0, bytes.length - 200));
      const told = await refuses(registry, "log_export_damaged", ["log", "import", cut], elsewhere(registry));
      assert.match(told, /\/4: /);
      const head = await run(["log", "head"], elsewhere(registry));
      assert.deepEqual([JSON.parse(head.stdout).sequence, JSON.parse(head.stdout).registry_id], [0, null]);
      assert.equal((await run(["log", "import", path], elsewhere(registry))).exitCode, 0);
      await refuses(registry, "registry_not_empty", ["log", "import", path], elsewhere(registry));

      await registry.database.tamper("UPDATE events SET actor = 'somebody' WHERE sequence = 3");
      const target = join(directory, "damaged.log");
      await refuses(registry, "log_damaged", ["log", "export", target]);
      assert.equal(existsSync(target), false);
      assert.deepEqual(
        readdirSync(directory).filter((name) => name.endsWith(".part")),
        [],
      );
    }));

  it("clear what an export left that was killed, and nothing else", () =>
    withCliRegistry(async (registry) => {
      await registry.push("one", { a: "1" });
      const dead = String(spawnSync(execPath, ["--version"]).pid);
      const nameOf = (owner: string) =>
        `.${pullNamePrefix(randomUUID()).replace(`-${pid}-`, `-${owner}-`)}-0.part`;
      const kept = [nameOf(String(pid)), ".mine.part", "mine.part"];
      const left = nameOf(dead);
      for (const name of [...kept, left]) writeFileSync(join(registry.directory, name), "x");
      await registry.json("log", "export", join(registry.directory, "registry.log"));
      const parts = readdirSync(registry.directory).filter((name) => name.endsWith(".part"));
      assert.deepEqual(parts.toSorted(), kept.toSorted());
    }));

  it("want a file that can be read, and make no registry for one that cannot", () =>
    withCliRegistry(async (registry) => {
      for (const name of ["absent.log", "."]) {
        await refuses(registry, "source_refused", ["log", "import", name], elsewhere(registry));
      }
      assert.equal(existsSync(join(registry.directory, "elsewhere.db")), false);
      await refuses(registry, "registry_not_found", ["log", "export", "x.log"], elsewhere(registry));
    }));
});
