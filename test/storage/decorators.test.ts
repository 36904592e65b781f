import { faultyBlobStore } from "../../src/storage/fault.ts";
import { limitBlobStore } from "../../src/storage/limit.ts";
import { openMemoryBackend } from "../../src/storage/memory/backend.ts";
import { retryBlobStore } from "../../src/storage/retry.ts";
import { describeBlobStore } from "../contract/blob-store.ts";

const NO_PAUSE = {
  triesMax: 3,
  firstPauseMs: 1,
  pauseMaxMs: 1,
  random: () => 0,
  sleep: async () => {},
};

describeBlobStore("a limited store", {
  async open() {
    const { blobs } = openMemoryBackend("memory");
    return { store: limitBlobStore(blobs, 2), second: blobs, close: async () => {} };
  },
});

describeBlobStore("a store whose calls are repeated", {
  async open() {
    const { blobs } = openMemoryBackend("memory");
    return { store: retryBlobStore(blobs, NO_PAUSE), second: blobs, close: async () => {} };
  },
});

describeBlobStore("a store in which no fault is injected", {
  async open() {
    const { blobs } = openMemoryBackend("memory");
    return { store: faultyBlobStore(blobs, {}), second: blobs, close: async () => {} };
  },
});
