import { ArtifactstoreError } from "../core/errors.ts";
import { readRegistryId } from "../log/registry-id.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { checkOwnership, claimStore } from "../storage/ownership.ts";
import { routeFor } from "../storage/routes.ts";
import type { RegistryContext } from "./registry-context.ts";

/** The backends that a package of this producer and class is written to, in the order of its route. */
export function routeTargets(
  context: RegistryContext,
  producer: string,
  retentionClass: string,
): StorageBackend[] {
  return routeFor(context.routes, producer, retentionClass).map((id) => backendOf(context, id));
}

export function backendOf(context: RegistryContext, id: string): StorageBackend {
  const backend = context.backends.get(id);
  if (backend === undefined) {
    throw new ArtifactstoreError("configuration", `Cannot use storage backend "${id}": it is not configured`);
  }
  return backend;
}

/**
 * Before anything is recorded: every target is this registry's, or empty. A store of another registry, or one that
 * holds blobs and has no owner, is refused (`store_foreign`, `store_unowned`), because what is written there could be
 * collected by somebody who does not know of it.
 *
 * @param registryId `undefined` while the registry has no package yet
 */
export async function checkStores(
  targets: readonly StorageBackend[],
  registryId: string | undefined,
): Promise<void> {
  for (const target of targets) await checkOwnership(target, registryId);
}

/**
 * Before the first blob is written: marks the targets that are still empty as this registry's, which has its id by
 * then. Of two registries that meet at one empty store, the second is refused.
 */
export async function claimStores(
  context: RegistryContext,
  targets: readonly StorageBackend[],
): Promise<void> {
  const now = performance.now();
  if (targets.every((target) => now - (ownedAt.get(target) ?? -OWNED_TRUSTED_MS) < OWNED_TRUSTED_MS)) return;
  const registryId = await context.database.read(readRegistryId);
  if (registryId === undefined)
    throw new ArtifactstoreError("internal", "Cannot claim a store: there is no registry id");
  for (const target of targets) {
    await claimStore(target, registryId, context.clock());
    ownedAt.set(target, now);
  }
}

/** A store that was this registry's a moment ago is not asked again, where files come one by one. Milliseconds. */
const OWNED_TRUSTED_MS = 1_000;

/** When each store was last found, or made, this registry's. */
const ownedAt = new WeakMap<StorageBackend, number>();
