import { ensureRegistryId, readRegistryId } from "../log/registry-id.ts";
import { adoptStore } from "../storage/ownership.ts";
import { backendOf } from "./own-stores.ts";
import { record } from "./record.ts";
import type { RegistryContext } from "./registry-context.ts";

export interface Adoption {
  readonly backendId: string;
  readonly registryId: string;
  /** Who had it; `undefined` if it had no owner, or a marker that nobody can read. */
  readonly previousRegistryId: string | undefined;
}

/**
 * Makes this registry the owner of a backend, whoever had it: after a database was restored or lost, or a store moved.
 * The registry that had it is refused from then on. A registry that has no id yet, because it has no package, gets its
 * id here. Throws `configuration`.
 */
export async function adoptBackend(context: RegistryContext, backendId: string): Promise<Adoption> {
  const backend = backendOf(context, backendId);
  const registryId = (await context.database.read(readRegistryId)) ?? (await makeRegistryId(context));
  const previousRegistryId = await adoptStore(backend, registryId, context.clock());
  return { backendId, registryId, previousRegistryId };
}

/** With the log's lock held, so that a first package that begins meanwhile agrees. No event: there is nothing to tell. */
async function makeRegistryId(context: RegistryContext): Promise<string> {
  let registryId = "";
  await record(context, async ({ writer, createdAt }) => {
    registryId = await ensureRegistryId(writer, context.newRandomId, createdAt);
    return [];
  });
  return registryId;
}
