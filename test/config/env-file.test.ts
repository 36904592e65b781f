import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseEnvText, readEnvFile } from "../../src/config/env-file.ts";
import { refusal } from "../support/refusal.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const wanted = (name: string) => name.startsWith("A_");

function parse(text: string): Record<string, string> {
  return Object.fromEntries(parseEnvText(text, wanted, ".env"));
}

describe(".env file", () => {
  const cases: readonly (readonly [string, string, Record<string, string>])[] = [
    ["plain", "A_X=1\nA_Y=two words\n", { A_X: "1", A_Y: "two words" }],
    ["export, spaces, carriage returns", "export A_X = 1\r\n  A_Y=2\r\n", { A_X: "1", A_Y: "2" }],
    ["comments", "# A_X=0\nA_X=1 # one\nA_Y=#2\nA_Z=a#b\n", { A_X: "1", A_Y: "", A_Z: "a#b" }],
    ["quotes are literal", "A_X=' #a $B '\nA_Y=\"c\\n\" # d\n", { A_X: " #a $B ", A_Y: "c\\n" }],
    ["equals signs", "A_X=a=b==\n", { A_X: "a=b==" }],
    ["the last one counts", "A_X=1\nA_X=2\n", { A_X: "2" }],
    ["other names have no effect", 'PATH=/evil\nB_X="open\nA_X=1\n$(rm)\n', { A_X: "1" }],
    [
      "no expansion, no command",
      "A_X=$HOME\nA_Y=`id`\nA_Z=$(id)\n",
      { A_X: "$HOME", A_Y: "`id`", A_Z: "$(id)" },
    ],
  ];
  for (const [name, text, entries] of cases) {
    it(name, () => assert.deepEqual(parse(text), entries));
  }

  it("refuses an open quote of a wanted name", () => {
    refusal("configuration", () => parse('A_X="open\n'));
    refusal("configuration", () => parse("A_X='a' b\n"));
  });

  it("is empty where there is no file", () =>
    withTemporaryDirectory((directory) => {
      assert.equal(readEnvFile(join(directory, ".env"), wanted).size, 0);
      mkdirSync(join(directory, "venv"));
      assert.equal(readEnvFile(join(directory, "venv"), wanted).size, 0);
    }));

  it("does not wait for a FIFO", () =>
    withTemporaryDirectory((directory) => {
      const path = join(directory, ".env");
      execFileSync("mkfifo", [path]);
      assert.equal(readEnvFile(path, wanted).size, 0);
    }));

  it("refuses a file that is too large or no UTF-8", () =>
    withTemporaryDirectory((directory) => {
      const path = join(directory, ".env");
      writeFileSync(path, `A_X=${"x".repeat(70_000)}`);
      refusal("configuration", () => readEnvFile(path, wanted));
      writeFileSync(path, new Uint8Array([0x41, 0xff]));
      refusal("configuration", () => readEnvFile(path, wanted));
    }));
});
