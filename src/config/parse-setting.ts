import { resolve } from "node:path";
import { parseDatabaseUrl } from "./database-url.ts";
import { LOG_LEVELS, parseLogLevel } from "./log-level.ts";
import type { SettingType, SettingValues } from "./settings.ts";

/** A value, or what is wrong with it, in words that follow a colon. Problems never quote a secret. */
export type ParsedSetting<Type extends SettingType = SettingType> =
  | { readonly value: SettingValues[Type] }
  | { readonly problem: string };

/** Timers of JavaScript fire at once beyond it, and PostgreSQL refuses more. Milliseconds, 24 days. */
const MILLISECONDS_MAX = 2 ** 31 - 1;

/** @param baseDirectory what relative paths start from: the working directory, or that of the TOML file */
export function parseSetting(type: SettingType, text: string, baseDirectory: string): ParsedSetting {
  switch (type) {
    case "text":
    case "routes":
    case "secret":
      return text.includes("\0") ? { problem: "it holds a NUL character" } : { value: text };
    case "path":
      return text.includes("\0")
        ? { problem: "it holds a NUL character" }
        : { value: resolve(baseDirectory, text) };
    case "url":
      return parseHttpUrl(text);
    case "database_url": {
      const location = parseDatabaseUrl(text, baseDirectory);
      return "problem" in location ? location : { value: location };
    }
    case "secret_reference":
      return parseSecretReference(text);
    case "boolean":
      return parseBoolean(text);
    case "port":
      return parseInteger(text, 65_535);
    case "milliseconds":
      return parseInteger(text, MILLISECONDS_MAX);
    case "integer":
      return parseInteger(text, Number.MAX_SAFE_INTEGER);
    case "log_level": {
      const level = parseLogLevel(text);
      return level === undefined
        ? { problem: `"${text}" is none of ${LOG_LEVELS.join(", ")}` }
        : { value: level };
    }
  }
}

function parseHttpUrl(text: string): ParsedSetting<"url"> {
  if (!URL.canParse(text)) return { problem: "it is not a URL" };
  const { protocol } = new URL(text);
  return protocol === "http:" || protocol === "https:"
    ? { value: text.replace(/\/+$/, "") }
    : { problem: 'it begins with neither "http://" nor "https://"' };
}

function parseSecretReference(text: string): ParsedSetting<"secret_reference"> {
  if (/^env:[A-Za-z_][A-Za-z0-9_]*$/.test(text) || /^file:\/[^\0]+$/.test(text)) return { value: text };
  return { problem: 'it must be "env:NAME" or "file:/path", never the secret itself' };
}

function parseBoolean(text: string): ParsedSetting<"boolean"> {
  switch (text.toLowerCase()) {
    case "true":
    case "1":
    case "yes":
    case "on":
      return { value: true };
    case "false":
    case "0":
    case "no":
    case "off":
      return { value: false };
    default:
      return { problem: `"${text}" is neither true nor false` };
  }
}

function parseInteger(text: string, maximum: number): ParsedSetting<"integer"> {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return { problem: `"${text}" is not a whole number from 0` };
  const value = Number(text);
  return value > maximum ? { problem: `${text} is more than ${maximum}` } : { value };
}
