import { settingDefinition, settingKeys } from "../config/settings.ts";
import type { ArgumentDefinitions, StringArgument } from "./command.ts";

/** What every command takes: quiet, help, local, and a flag for each setting that has one. */
export const GLOBAL_ARGUMENTS: ArgumentDefinitions = {
  quiet: { type: "boolean", alias: "q", description: "No notices and no progress on standard error" },
  help: { type: "boolean", alias: "h", description: "Print this help" },
  local: { type: "boolean", description: "Work directly, whatever ARTIFACTSTORE_API_URL says" },
  ...settingFlags(),
};

function settingFlags(): Record<string, StringArgument> {
  const flags: Record<string, StringArgument> = {};
  for (const setting of settingKeys()) {
    const { flag, doc, name } = settingDefinition(setting);
    if (flag !== undefined)
      flags[flag] = { type: "string", valueHint: "value", description: `${doc} [${name}]`, setting };
  }
  return flags;
}
