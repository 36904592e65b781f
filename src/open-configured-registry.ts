import process from "node:process";
import { type OpenedRegistry, openRegistry } from "./compose.ts";
import { loadConfig } from "./config/load-config.ts";
import { currentRuntime } from "./runtime/current-runtime.ts";

export interface OpenConfiguredOptions {
  /** `ARTIFACTSTORE_…` variables; default those of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start and `.env` is looked for; default that of the process. */
  readonly workingDirectory?: string;
  /** `write` (default) makes what is missing and applies migrations; `read` creates and changes nothing. */
  readonly mode?: "read" | "write";
}

/** Opens the registry that the configuration names, as the command line does. End with `close`. */
export async function openConfiguredRegistry(options: OpenConfiguredOptions = {}): Promise<OpenedRegistry> {
  const config = await loadConfig({
    environment: options.environment ?? process.env,
    workingDirectory: options.workingDirectory ?? process.cwd(),
  });
  return await openRegistry(await currentRuntime(), config, options.mode ?? "write");
}
