import { openMemoryBackend } from "../../../src/storage/memory/backend.ts";
import { describeBlobStore } from "../../contract/blob-store.ts";

describeBlobStore("the memory store", {
  async open() {
    const backend = openMemoryBackend("memory");
    return { store: backend.blobs, close: () => backend.close() };
  },
});
