import { isArtifactstoreError } from "../core/errors.ts";
import type { RegistryContext } from "../registry/registry-context.ts";
import type { CommandContext } from "./command-context.ts";
import { withRegistry } from "./with-registry.ts";

/**
 * For commands that write to what is there: a registry is never made in passing. Opens it to read first, which says
 * `registry_not_found` where there is none; an older schema is brought up to date.
 */
export async function withExistingRegistry<T>(
  context: CommandContext,
  work: (registry: RegistryContext) => Promise<T>,
): Promise<T> {
  await assertRegistry(context);
  return await withRegistry(context, "write", work);
}

async function assertRegistry(context: CommandContext): Promise<void> {
  try {
    await withRegistry(context, "read", async () => undefined);
  } catch (error) {
    if (!isArtifactstoreError(error, "migration_needed")) throw error;
  }
}
