import type { Config } from "../config/config.ts";
import type { CommandEntry } from "./command-table.ts";

/** The server that a command works through. */
export interface ServerAddress {
  readonly url: string;
  readonly token: string | undefined;
}

/** Whether a command line may work through a server at all; which one, if any, the configuration says. */
export function asksForServer(entry: CommandEntry, values: Readonly<Record<string, unknown>>): boolean {
  if (entry.remote === undefined || values["local"] === true) return false;
  if (entry.remote === "asked" && values["api"] === undefined) return false;
  return entry.directWith === undefined || values[entry.directWith] === undefined;
}

/**
 * Whoever names a server means its packages: working on local ones instead would answer from, or write to, the wrong
 * registry in silence.
 */
export function serverAddress({ settings }: Config): ServerAddress | undefined {
  const { apiUrl, apiToken } = settings;
  return apiUrl === undefined ? undefined : { url: apiUrl, token: apiToken };
}
