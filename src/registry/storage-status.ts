import type { JsonObject } from "../core/cbor-value.ts";
import { messageOf } from "../dataplane/source-file.ts";
import { readRegistryId } from "../log/registry-id.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { readMarker } from "../storage/ownership.ts";
import { routedBackends } from "../storage/routes.ts";
import { type BackendTotals, backendTotals } from "../views/query-blobs.ts";
import type { RegistryContext } from "./registry-context.ts";

/**
 * Every configured backend, and every other one that a package still lies on: whether it answers, who owns it, what the
 * registry expects there and what is stored there. Lists each store whole, a page in memory at a time.
 */
export async function storageStatus(
  context: RegistryContext,
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  const { registryId, totals } = await context.database.read(async (reader) => ({
    registryId: await readRegistryId(reader),
    totals: new Map((await backendTotals(reader)).map((total) => [total.backend_id, total])),
  }));
  const routed = new Set(routedBackends(context.routes));
  const statuses: JsonObject[] = [];
  for (const backend of context.backends.values()) {
    statuses.push({
      backend_id: backend.id,
      configured: true,
      routed: routed.has(backend.id),
      kind: backend.blobs.properties.kind,
      health: await describeHealth(backend),
      owner: await describeOwner(backend, registryId),
      referenced: describeTotals(totals.get(backend.id)),
      stored: await countStored(backend, signal),
    });
  }
  for (const total of totals.values()) {
    if (context.backends.has(total.backend_id)) continue;
    statuses.push({
      backend_id: total.backend_id,
      configured: false,
      routed: false,
      referenced: describeTotals(total),
    });
  }
  return statuses;
}

async function describeHealth({ blobs }: StorageBackend): Promise<JsonObject> {
  const { healthy, detail, freeBytes, totalBytes } = await blobs.health();
  return { healthy, detail, free_bytes: freeBytes ?? null, total_bytes: totalBytes ?? null };
}

/** `none`: no marker. `unreadable`: a marker that says nothing, or one of a later version. */
async function describeOwner(backend: StorageBackend, registryId: string | undefined): Promise<JsonObject> {
  try {
    const marker = await readMarker(backend);
    if (marker === undefined) return { state: "none", registry_id: null };
    return {
      state: marker.registryId === registryId ? "own" : "foreign",
      registry_id: marker.registryId,
      since: marker.createdAt,
    };
  } catch (error) {
    return { state: "unreadable", registry_id: null, detail: messageOf(error) };
  }
}

function describeTotals(total: BackendTotals | undefined): JsonObject {
  return {
    locations: total?.live_locations ?? 0,
    blobs: total?.blobs ?? 0,
    size_bytes: total?.size_bytes ?? 0,
  };
}

/** How many blobs there are in which form. A store that is damaged lists what can be read, and says so. */
async function countStored(backend: StorageBackend, signal: AbortSignal): Promise<JsonObject> {
  let blobs = 0;
  let sizeBytes = 0;
  const forms = new Map<string, number>();
  let problem: string | undefined;
  try {
    for await (const { size, form } of backend.blobs.list()) {
      signal.throwIfAborted();
      blobs += 1;
      sizeBytes += size;
      forms.set(form, (forms.get(form) ?? 0) + 1);
    }
  } catch (error) {
    signal.throwIfAborted();
    problem = messageOf(error);
  }
  return {
    blobs,
    size_bytes: sizeBytes,
    forms: Object.fromEntries(forms),
    ...(problem === undefined ? {} : { problem }),
  };
}
