import process from "node:process";
import { suggestion } from "../config/closest-name.ts";
import type { SettingOverrides } from "../config/config.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { ArgumentDefinition, ArgumentDefinitions, PositionalArgument } from "./command.ts";

export interface ParsedArguments {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly overrides: SettingOverrides;
}

/**
 * Reads the words after a command. Nothing is guessed: an unknown flag, a flag without its value, a value for a
 * switch, a second value for a flag that takes one, an argument too many, too few or empty is an error. (citty, which renders the help, takes unknown flags silently
 * and drops all but the last of a repeated flag; so the words are read here, with the parser that it stands on.)
 *
 * @throws ArtifactstoreError `usage`
 */
export function parseArguments(
  name: string,
  definitions: ArgumentDefinitions,
  words: readonly string[],
): ParsedArguments {
  const refuse = (state: string) =>
    new ArtifactstoreError("usage", `Cannot run "${name}": ${state}; see "artifactstore ${name} --help"`);
  const flags = Object.entries(definitions).filter(([, definition]) => definition.type !== "positional");
  const byName = new Map(flags);
  const tokens = words.length === 0 ? [] : readTokens(flags, words);
  const values: Record<string, string | boolean | readonly string[] | undefined> = initialValues(byName);
  const overrides: SettingOverrides = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const definition = byName.get(token.name);
    if (definition === undefined) {
      throw refuse(
        `"${token.rawName}" is not a flag of it${suggestion(
          token.rawName,
          [...byName.keys()].map((flag) => `--${flag}`),
        )}`,
      );
    }
    const value = flagValue(definition, token, refuse);
    const previous = values[token.name];
    if (typeof previous === "string") throw refuse(`"${token.rawName}" is given twice and takes one value`);
    values[token.name] = Array.isArray(previous) ? [...previous, String(value)] : value;
    if ("setting" in definition && definition.setting !== undefined) {
      overrides[definition.setting] = { flag: token.rawName, text: String(value) };
    }
  }
  if (values["help"] !== true) {
    takePositionals(definitions, positionals, values, refuse);
    for (const [flag, definition] of flags) {
      if (
        "required" in definition &&
        definition.required === true &&
        (values[flag] ?? []).toString() === ""
      ) {
        throw refuse(`--${flag} is missing`);
      }
    }
  }
  return { values, overrides };
}

/** `node:util` takes 1 ms to load, so it is loaded when there are words to read. */
function readTokens(flags: readonly (readonly [string, ArgumentDefinition])[], words: readonly string[]) {
  const { parseArgs } = process.getBuiltinModule("node:util");
  return parseArgs({
    args: [...words],
    options: Object.fromEntries(flags.map(([flag, definition]) => [flag, parserOption(definition)])),
    allowPositionals: true,
    strict: false,
    tokens: true,
  }).tokens;
}

function parserOption(definition: ArgumentDefinition): {
  type: "boolean" | "string";
  short?: string;
  multiple: true;
} {
  const short = "alias" in definition && definition.alias !== undefined ? { short: definition.alias } : {};
  return { type: definition.type === "boolean" ? "boolean" : "string", multiple: true, ...short };
}

function initialValues(flags: ReadonlyMap<string, ArgumentDefinition>) {
  const values: Record<string, string | boolean | readonly string[] | undefined> = {};
  for (const [flag, definition] of flags) {
    if (definition.type === "boolean") values[flag] = false;
    else values[flag] = definition.type === "string" && definition.multiple === true ? [] : undefined;
  }
  return values;
}

interface OptionToken {
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function flagValue(
  definition: ArgumentDefinition,
  token: OptionToken,
  refuse: (state: string) => Error,
): string | boolean {
  const { rawName, value, inlineValue } = token;
  if (definition.type === "boolean") {
    if (value !== undefined) throw refuse(`"${rawName}" takes no value`);
    return true;
  }
  if (value === undefined) throw refuse(`"${rawName}" needs a value`);
  if (inlineValue === false && value.length > 1 && value.startsWith("-")) {
    throw refuse(`"${rawName}" needs a value; one that begins with a dash is written "${rawName}=${value}"`);
  }
  checkOption(definition, rawName, value, refuse);
  return value;
}

function takePositionals(
  definitions: ArgumentDefinitions,
  given: readonly string[],
  values: Record<string, string | boolean | readonly string[] | undefined>,
  refuse: (state: string) => Error,
): void {
  const wanted = Object.entries(definitions).filter(
    (entry): entry is [string, PositionalArgument] => entry[1].type === "positional",
  );
  const extra = given[wanted.length];
  if (extra !== undefined) throw refuse(`"${extra}" is an argument too many`);
  for (const [index, [name, definition]] of wanted.entries()) {
    const value = given[index];
    if (value === undefined && definition.required !== false)
      throw refuse(`${name.toUpperCase()} is missing`);
    if (value === "") throw refuse(`${name.toUpperCase()} is empty`);
    if (value !== undefined) checkOption(definition, name.toUpperCase(), value, refuse);
    values[name] = value;
  }
}

function checkOption(
  definition: ArgumentDefinition,
  shownName: string,
  value: string,
  refuse: (state: string) => Error,
): void {
  if (!("options" in definition) || definition.options === undefined || definition.options.includes(value))
    return;
  throw refuse(`${shownName} is "${value}" and not one of ${definition.options.join(", ")}`);
}
