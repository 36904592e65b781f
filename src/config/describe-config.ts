import type { JsonObject, JsonValue } from "../core/cbor-value.ts";
import type { BackendConfig } from "./backends.ts";
import type { Config } from "./config.ts";
import { maskUrl, printDatabaseLocation } from "./database-url.ts";
import { describeSource } from "./load-config.ts";
import { type SettingKey, settingDefinition, settingKeys } from "./settings.ts";

const MASK = "***";
/** Options of named backends that look like a secret. References (`…_ref`) are none. */
const SECRET_OPTION = /(secret|password|token|key)$/;

/** What is in force and whence, as JSON, secrets masked. */
export function describeConfig(config: Config): JsonObject {
  return {
    settings: Object.fromEntries(
      settingKeys().map((key) => [
        settingDefinition(key).name,
        { value: printSetting(config, key), source: describeSource(config.sources[key]) },
      ]),
    ),
    backends: Object.fromEntries(config.backends.map((backend) => [backend.name, printBackend(backend)])),
    retention_classes: Object.fromEntries(
      [...config.retentionClasses.values()].map(({ name, durationSeconds }) => [
        name,
        { default_duration_seconds: durationSeconds ?? null },
      ]),
    ),
  };
}

function printSetting({ settings }: Config, key: SettingKey): JsonValue {
  const value = settings[key];
  if (value === undefined) return null;
  if (typeof value === "object") return printDatabaseLocation(value);
  switch (settingDefinition(key).type) {
    case "secret":
      return MASK;
    case "url":
      return maskUrl(String(value));
    default:
      return value;
  }
}

function printBackend({ type, options }: BackendConfig): JsonObject {
  const printed = [...options].map(([name, value]) => [
    name,
    SECRET_OPTION.test(name) ? MASK : maskIfUrl(value),
  ]);
  return { type, ...Object.fromEntries(printed) };
}

function maskIfUrl(value: string | number | boolean): JsonValue {
  return typeof value === "string" && /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? maskUrl(value) : value;
}
