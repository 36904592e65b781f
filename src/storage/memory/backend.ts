import type { StorageBackend, StoreMarkerSlot } from "../blob-store.ts";
import { MemoryBlobStore } from "./memory-store.ts";

/** A backend in memory, gone with the process: for tests, and for trying things out. */
export function openMemoryBackend(
  id: string,
  options: { readonly clock?: () => number } = {},
): StorageBackend {
  const blobs = new MemoryBlobStore(options.clock ?? Date.now);
  return {
    id,
    blobs,
    bulkStat: blobs,
    marker: memoryMarker(blobs),
    leftovers: {
      // A `put` gathers its bytes where nobody else sees them: nothing is ever left over.
      async *list() {},
      async remove() {},
    },
    async close() {},
  };
}

function memoryMarker(blobs: MemoryBlobStore): StoreMarkerSlot {
  let marker: string | undefined;
  return {
    read: async () => marker,
    async create(text) {
      if (marker !== undefined) return false;
      marker = text;
      return true;
    },
    async replace(text) {
      marker = text;
    },
    async isEmpty() {
      for await (const _ of blobs.list()) return false;
      return true;
    },
  };
}
