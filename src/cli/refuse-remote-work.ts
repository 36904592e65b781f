import type { Config } from "../config/config.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { CommandEntry } from "./command-table.ts";

/** Whether a command line asks for a command that a configured server would do. */
export function asksForRemoteWork(entry: CommandEntry, values: Readonly<Record<string, unknown>>): boolean {
  if (entry.remote !== true || values["local"] === true) return false;
  return entry.directWith === undefined || values[entry.directWith] === undefined;
}

/**
 * Whoever names a server means its packages. Working on the local ones instead would answer from, or write to, the
 * wrong registry in silence.
 *
 * @throws ArtifactstoreError `configuration` if a server is configured
 */
export async function refuseRemoteWork(entry: CommandEntry, config: Config): Promise<void> {
  if (config.settings.apiUrl === undefined) return;
  const { describeSource } = await import("../config/load-config.ts");
  throw new ArtifactstoreError(
    "configuration",
    `Cannot run "${entry.name}" through a server: "ARTIFACTSTORE_API_URL" is set ` +
      `(${describeSource(config.sources.apiUrl)}) and this version works directly only; unset it or pass "--local"`,
  );
}
