import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { SHELLS } from "../../src/cli/completion-script.ts";
import { describeCommands } from "../../src/cli/describe-commands.ts";
import { runCliHere } from "../support/run-cli.ts";

async function script(shell: string): Promise<string> {
  const { stdout, exitCode } = await runCliHere(["completion", shell]);
  assert.equal(exitCode, 0);
  return stdout;
}

/** What bash offers for a line whose last word is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const program = [
    await script("bash"),
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})`,
    `COMP_CWORD=${words.length - 1}`,
    "_artifactstore",
    'printf "%s\\n" "${' + 'COMPREPLY[@]}"',
  ].join("\n");
  return execFileSync("bash", ["--norc", "-c", program], { encoding: "utf8" })
    .split("\n")
    .filter((word) => word !== "");
}

describe("command table", () => {
  it("names every command once, sorted into groups that are described", () => {
    const names = COMMANDS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { name, summary } of COMMANDS) {
      assert.match(name, /^[a-z][a-z-]*( [a-z][a-z-]*)?$/);
      assert.match(summary, /^[A-Z].*[^.]$/);
    }
  });

  it("has commands that load and explain all their arguments", async () => {
    for (const { words, flags } of await describeCommands()) {
      for (const { name, description } of flags) {
        assert.ok(description.length > 3, `${words.join(" ")} ${name}`);
        assert.match(name, /^--[a-z][a-z0-9-]*$/);
      }
    }
  });
});

describe("completion", () => {
  for (const shell of SHELLS) {
    it(`for ${shell} knows every command and flag`, async () => {
      const text = await script(shell);
      for (const { words, flags } of await describeCommands()) {
        for (const word of words) assert.ok(text.includes(word), word);
        for (const { name } of flags) assert.ok(text.includes(shell === "fish" ? name.slice(2) : name), name);
      }
    });

    const missing = spawnSync(shell, ["-c", "true"]).error !== undefined;
    it(`for ${shell} is a script that ${shell} can read`, {
      skip: missing ? `there is no ${shell}` : false,
    }, async () => {
      const { status, stderr } = spawnSync(shell, ["-n"], { input: await script(shell), encoding: "utf8" });
      assert.deepEqual([status, stderr], [0, ""]);
    });
  }

  it("offers commands, flags and closed lists of values in bash", async () => {
    assert.ok((await offered("artifactstore", "ver")).includes("version"));
    assert.deepEqual(await offered("artifactstore", "version", "--verb"), ["--verbose"]);
    assert.deepEqual(await offered("artifactstore", "completion", "z"), ["zsh"]);
    assert.deepEqual(await offered("artifactstore", "completion", "--actor", "z"), []);
  });

  it("refuses a shell that it does not know", async () => {
    assert.equal((await runCliHere(["completion", "tcsh"])).exitCode, 2);
  });
});
