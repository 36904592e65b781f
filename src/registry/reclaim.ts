import { ArtifactstoreError } from "../core/errors.ts";
import { readRegistryId } from "../log/registry-id.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { checkOwnership } from "../storage/ownership.ts";
import { locatedBackends } from "../views/query-locations.ts";
import type { DoctorReport } from "./doctor-report.ts";
import { reclaimBlobs } from "./reclaim-blobs.ts";
import { type ReclaimFailure, ReclaimFailures } from "./reclaim-failures.ts";
import { reclaimLeftovers } from "./reclaim-leftovers.ts";
import type { RegistryContext } from "./registry-context.ts";
import { clearExpiredUploads } from "./uploads/end-uploads.ts";

/** What was removed from one backend. */
export interface Reclaimed {
  readonly blobs: number;
  readonly blobBytes: number;
  readonly leftovers: number;
  readonly leftoverBytes: number;
  /** What stays, and why. */
  readonly failures: readonly ReclaimFailure[];
}

/** Where these checks find something, or cannot look, what is unreferenced cannot be known. */
const FOUNDATIONS = new Set(["database", "log", "registry", "views"]);

/**
 * Whether a diagnosis lets `reclaim` run: database, log and views are sound, so that what the views do not name is
 * named by nothing. Problems of stores do not stand in the way: they lose nothing more by it.
 */
export function mayReclaim(report: DoctorReport): boolean {
  const notWell = report.checks.filter(({ problemCount, isComplete }) => problemCount > 0 || !isComplete);
  return notWell.every(({ name }) => !FOUNDATIONS.has(name));
}

/**
 * Whether all that keeps `reclaim` from running is that the diagnosis itself found no room (comparing the views of a
 * large registry takes temporary files). Then `reclaimLeftoversAlone` may make some, for another look.
 */
export function lacksRoom(report: DoctorReport): boolean {
  const found = [...report.problems, ...report.unchecked].filter(({ check }) => FOUNDATIONS.has(check));
  return found.length > 0 && found.every(({ code }) => code === "storage_full");
}

/** Removes left-over temporary files: no view is asked about them. Throws as `reclaim` does. */
export async function reclaimLeftoversAlone(
  context: RegistryContext,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  for (const backend of await ownedBackends(context)) {
    await reclaimLeftovers(context, backend, new ReclaimFailures(), options);
  }
}

/**
 * Removes what is provably unreferenced and older than the grace: left-over temporary files, which takes no room, and
 * then orphaned blobs. What cannot be removed stays, and is told. Touches neither log nor views; expired
 * uploads go, too. Every backend's owner is checked before anything is removed anywhere: throws
 * `store_foreign` and `store_unowned`; and `configuration` while a live location names a backend that is not configured,
 * since one of the stores at hand may be that backend under another name.
 *
 * @returns by backend id
 */
export async function reclaim(
  context: RegistryContext,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Map<string, Reclaimed>> {
  await refuseUnknownBackends(context);
  const owned = await ownedBackends(context);
  const removed = new Map<string, Reclaimed>();
  for (const backend of owned) {
    const failures = new ReclaimFailures();
    const leftovers = await reclaimLeftovers(context, backend, failures, options);
    const blobs = await reclaimBlobs(context, backend, { ...options, failures });
    removed.set(backend.id, {
      blobs: blobs.count,
      blobBytes: blobs.sizeBytes,
      leftovers: leftovers.count,
      leftoverBytes: leftovers.sizeBytes,
      failures: failures.list(),
    });
  }
  // Last, since it writes to the database: on a full disk there is room by now.
  await clearExpiredUploads(context);
  return removed;
}

async function refuseUnknownBackends(context: RegistryContext): Promise<void> {
  const unknown = (await context.database.read(locatedBackends)).filter((id) => !context.backends.has(id));
  if (unknown.length === 0) return;
  const names = unknown.map((id) => `"${id}"`).join(", ");
  throw new ArtifactstoreError(
    "configuration",
    `Cannot remove anything: files are stored on backend ${names}, which is not configured; a store at hand may be the same under another name`,
  );
}

async function ownedBackends(context: RegistryContext): Promise<StorageBackend[]> {
  const registryId = await context.database.read(readRegistryId);
  const owned: StorageBackend[] = [];
  for (const backend of context.backends.values()) {
    if ((await ownership(backend, registryId)) === "owned") owned.push(backend);
  }
  return owned;
}

/** An empty store has no owner yet, and nothing in it that is this registry's to remove. */
async function ownership(
  backend: StorageBackend,
  registryId: string | undefined,
): Promise<"owned" | "empty"> {
  try {
    return await checkOwnership(backend, registryId);
  } catch (error) {
    if (!(error instanceof ArtifactstoreError)) throw error;
    throw new ArtifactstoreError(error.code, `Cannot remove anything: ${error.message}`, { cause: error });
  }
}
