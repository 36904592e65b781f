import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseArguments } from "../../src/cli/parse-arguments.ts";
import { refusal } from "../support/refusal.ts";

const DEFINITIONS = {
  directory: { type: "positional", description: "d" },
  target: { type: "positional", description: "d", required: false },
  force: { type: "boolean", alias: "f", description: "d" },
  name: { type: "string", alias: "n", description: "d" },
  exclude: { type: "string", multiple: true, description: "d" },
  format: { type: "enum", options: ["json", "cbor"], description: "d" },
  port: { type: "string", setting: "port", description: "d" },
  help: { type: "boolean", alias: "h", description: "d" },
} as const;

function parse(...words: string[]) {
  return parseArguments("push", DEFINITIONS, words);
}

describe("arguments", () => {
  it("reads flags in any place and spelling", () => {
    const { values } = parse(
      "--name",
      "a",
      "DIR",
      "-f",
      "--format=cbor",
      "--exclude",
      "x",
      "--exclude=y",
      "T",
    );
    assert.deepEqual(values, {
      directory: "DIR",
      target: "T",
      force: true,
      name: "a",
      exclude: ["x", "y"],
      format: "cbor",
      port: undefined,
      help: false,
    });
  });

  it("has values for what is absent", () => {
    const { values } = parse("DIR");
    assert.deepEqual(
      [values["target"], values["force"], values["name"], values["exclude"]],
      [undefined, false, undefined, []],
    );
  });

  it("takes a switch that is given twice", () => {
    assert.equal(parse("DIR", "--force", "-f").values["force"], true);
  });

  it("takes words after -- as they are", () => {
    const { values } = parse("--", "-f", "--name");
    assert.deepEqual([values["directory"], values["target"], values["force"]], ["-f", "--name", false]);
  });

  it("takes an empty value, and one that begins with a dash after an equals sign", () => {
    assert.equal(parse("DIR", "--name=").values["name"], "");
    assert.equal(parse("DIR", "--name=-x").values["name"], "-x");
  });

  it("hands on the settings that flags override, with the flag as it was typed", () => {
    assert.deepEqual(parse("DIR", "--port", "1").overrides, { port: { flag: "--port", text: "1" } });
  });

  it("needs nothing else when help is asked for", () => {
    assert.equal(parse("--help").values["help"], true);
    assert.equal(parse("-h").values["help"], true);
  });

  const refused: readonly (readonly [string, readonly string[]])[] = [
    ["an unknown flag", ["DIR", "--nam", "x"]],
    ["an unknown letter", ["DIR", "-x"]],
    ["an unknown letter in a group", ["DIR", "-fx"]],
    ["a name of the language's own", ["DIR", "--__proto__=x"]],
    ["a flag without its value", ["DIR", "--name"]],
    ["a flag as the value of another", ["DIR", "--name", "--force"]],
    ["a value for a switch", ["DIR", "--force=yes"]],
    ["a negated switch", ["DIR", "--no-force"]],
    ["a value that is not offered", ["DIR", "--format", "xml"]],
    ["a flag that is given twice", ["DIR", "--name", "a", "-n", "b"]],
    ["a flag that is given twice, once empty", ["DIR", "--name=", "--name=b"]],
    ["a choice that is given twice", ["DIR", "--format=json", "--format=json"]],
    ["a setting that is given twice", ["DIR", "--port=1", "--port=2"]],
    ["an argument too few", ["--force"]],
    ["an empty argument", [""]],
    ["an empty argument that may be left out", ["DIR", ""]],
    ["an argument too many", ["DIR", "T", "more"]],
  ];
  for (const [name, words] of refused) {
    it(`refuses ${name}`, () => {
      refusal("usage", () => parse(...words));
    });
  }

  it("refuses a required flag that is missing", () => {
    const definitions = { reason: { type: "string", required: true, description: "d" } } as const;
    refusal("usage", () => parseArguments("x", definitions, []));
    assert.equal(parseArguments("x", definitions, ["--reason", "r"]).values["reason"], "r");
  });
});
