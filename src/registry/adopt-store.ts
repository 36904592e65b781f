import { ArtifactstoreError } from "../core/errors.ts";
import { readRegistryId } from "../log/registry-id.ts";
import { adoptStore } from "../storage/ownership.ts";
import { backendOf } from "./own-stores.ts";
import type { RegistryContext } from "./registry-context.ts";

export interface Adoption {
  readonly backendId: string;
  readonly registryId: string;
  /** Who had it; `undefined` if it had no owner, or a marker that nobody can read. */
  readonly previousRegistryId: string | undefined;
}

/**
 * Makes this registry the owner of a backend, whoever had it: after a database was restored, or a store moved. The
 * registry that had it is refused from then on. Throws `registry_not_found` before the first package, which makes the
 * registry's id; `configuration`.
 */
export async function adoptBackend(context: RegistryContext, backendId: string): Promise<Adoption> {
  const backend = backendOf(context, backendId);
  const registryId = await context.database.read(readRegistryId);
  if (registryId === undefined) {
    throw new ArtifactstoreError(
      "registry_not_found",
      `Cannot adopt backend "${backendId}": the registry has no id before its first package`,
    );
  }
  const previousRegistryId = await adoptStore(backend, registryId, context.clock());
  return { backendId, registryId, previousRegistryId };
}
