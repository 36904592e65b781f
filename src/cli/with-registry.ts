import type { OpenedRegistry } from "../compose.ts";
import type { RegistryContext } from "../registry/registry-context.ts";
import type { CommandContext } from "./command-context.ts";

/** Opens the registry for one command and closes it however the command ends. */
export async function withRegistry<T>(
  context: CommandContext,
  mode: "read" | "write",
  work: (registry: RegistryContext) => Promise<T>,
): Promise<T> {
  const config = await context.loadConfig();
  const { openRegistry } = await import("../compose.ts");
  const opened: OpenedRegistry = await openRegistry(context.runtime, config, mode);
  try {
    return await work(opened.registry);
  } finally {
    await opened.close();
  }
}
