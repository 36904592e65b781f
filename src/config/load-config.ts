import { dirname, join, resolve } from "node:path";
import { ArtifactstoreError, type FieldError } from "../core/errors.ts";
import { type BackendConfig, parseBackends } from "./backends.ts";
import { suggestion } from "./closest-name.ts";
import type { Config, Environment, SettingOverrides, SettingSource } from "./config.ts";
import { readEnvFile } from "./env-file.ts";
import { parseSetting } from "./parse-setting.ts";
import { loadRetentionClasses } from "./retention-classes.ts";
import {
  SETTING_PREFIX,
  SETTINGS,
  type SettingKey,
  type Settings,
  settingDefinition,
  settingKeys,
  tomlName,
} from "./settings.ts";
import { readTomlFile } from "./toml-file.ts";

export interface ConfigInput {
  readonly environment: Environment;
  /** Where `.env` is looked for and relative paths start, absolute. */
  readonly workingDirectory: string;
  readonly overrides?: SettingOverrides;
}

/** One value as text, where it came from, and what its relative paths start from. */
interface Candidate {
  readonly text: string;
  readonly source: SettingSource;
  readonly baseDirectory: string;
}

/** Names that only the project's own tests read. */
const TEST_PREFIX = "ARTIFACTSTORE_TEST_";

/**
 * Reads the configuration. Later sources win: defaults, the TOML file, `.env`, the environment, flags. An empty text
 * counts as not set. Relative paths start at the working directory, those of the TOML file at the file's directory.
 *
 * @throws ArtifactstoreError `configuration`, all problems in `errors`, no secret in any of them
 */
export async function loadConfig(input: ConfigInput): Promise<Config> {
  const problems: FieldError[] = [];
  const warnings: string[] = [];
  const given = gatherEnvironment(input, warnings);
  const fileCandidate = given.get("config");
  const backends = fileCandidate === undefined ? [] : await addTomlFile(fileCandidate, given, problems);
  const { settings, sources } = parseAll(given, input.workingDirectory, problems);
  if (problems.length > 0) {
    throw new ArtifactstoreError("configuration", "Cannot use the configuration", { errors: problems });
  }
  const retentionClasses = await loadRetentionClasses(settings.retentionConfigPath);
  return { settings, sources, backends, retentionClasses, warnings };
}

/** `.env`, environment and flags, the strongest for each setting. */
function gatherEnvironment(input: ConfigInput, warnings: string[]): Map<SettingKey, Candidate> {
  const byName = new Map(settingKeys().map((key) => [settingDefinition(key).name, key]));
  const envPath = join(input.workingDirectory, ".env");
  const known = (name: string) => byName.has(name) || name.startsWith(SETTING_PREFIX);
  const given = new Map<SettingKey, Candidate>();
  const take = (
    entries: Iterable<readonly [string, string | undefined]>,
    source: SettingSource,
    where: string,
  ) => {
    for (const [name, text] of entries) {
      const key = byName.get(name);
      if (key !== undefined && text !== undefined && text !== "") {
        given.set(key, { text, source, baseDirectory: input.workingDirectory });
      } else if (key === undefined && name.startsWith(SETTING_PREFIX) && !name.startsWith(TEST_PREFIX)) {
        warnings.push(`"${name}" in ${where} is not a setting${suggestion(name, byName.keys())}`);
      }
    }
  };
  take(readEnvFile(envPath, known), { kind: "env_file", path: envPath }, `"${envPath}"`);
  take(Object.entries(input.environment), { kind: "environment" }, "the environment");
  for (const key of settingKeys()) {
    const override = input.overrides?.[key];
    if (override === undefined) continue;
    const source: SettingSource = { kind: "flag", flag: override.flag };
    given.set(key, { text: override.text, source, baseDirectory: input.workingDirectory });
  }
  return given;
}

/** Adds what the TOML file says to the settings that nothing stronger gave. */
async function addTomlFile(
  file: Candidate,
  given: Map<SettingKey, Candidate>,
  problems: FieldError[],
): Promise<BackendConfig[]> {
  const path = resolve(file.baseDirectory, file.text);
  const table = await readTomlFile(path);
  const byName = new Map(settingKeys().map((key) => [tomlName(key), key]));
  byName.delete(tomlName("config"));
  for (const [name, value] of Object.entries(table)) {
    if (name === "backends") continue;
    const key = byName.get(name);
    if (key === undefined) {
      problems.push({
        pointer: `/${name}`,
        message: `is not a setting${suggestion(name, [...byName.keys(), "backends"])}`,
      });
      continue;
    }
    const text = tomlText(key, value);
    if (text === undefined) problems.push({ pointer: `/${name}`, message: `must be a ${tomlType(key)}` });
    else if (text !== "" && !given.has(key)) {
      given.set(key, { text, source: { kind: "file", path }, baseDirectory: dirname(path) });
    }
  }
  return parseBackends(table["backends"], dirname(path), problems);
}

/** The value as the environment would spell it; `undefined` if TOML has it in another type than the setting's. */
function tomlText(key: SettingKey, value: unknown): string | undefined {
  const expected = tomlType(key);
  const actual = typeof value === "bigint" ? "number" : typeof value;
  return actual === expected ? String(value) : undefined;
}

function tomlType(key: SettingKey): "number" | "boolean" | "string" {
  const { type } = SETTINGS[key];
  if (type === "integer" || type === "milliseconds" || type === "port") return "number";
  return type === "boolean" ? "boolean" : "string";
}

function parseAll(
  given: ReadonlyMap<SettingKey, Candidate>,
  workingDirectory: string,
  problems: FieldError[],
) {
  const settings: Partial<Record<SettingKey, unknown>> = {};
  const sources: Partial<Record<SettingKey, SettingSource>> = {};
  for (const key of settingKeys()) {
    const definition = settingDefinition(key);
    const candidate = given.get(key) ?? defaultCandidate(definition.default, workingDirectory);
    sources[key] = candidate?.source ?? { kind: "default" };
    settings[key] = undefined;
    if (candidate === undefined) continue;
    const parsed = parseSetting(definition.type, candidate.text, candidate.baseDirectory);
    if ("value" in parsed) settings[key] = parsed.value;
    else
      problems.push({
        pointer: `${definition.name} (${describeSource(candidate.source)})`,
        message: parsed.problem,
      });
  }
  return { settings: settings as Settings, sources: sources as Record<SettingKey, SettingSource> };
}

function defaultCandidate(text: string | undefined, baseDirectory: string): Candidate | undefined {
  return text === undefined ? undefined : { text, source: { kind: "default" }, baseDirectory };
}

/** For people: `default`, `environment`, `--port`, or the file's path. */
export function describeSource(source: SettingSource): string {
  switch (source.kind) {
    case "default":
    case "environment":
      return source.kind;
    case "file":
    case "env_file":
      return source.path;
    case "flag":
      return source.flag;
  }
}
