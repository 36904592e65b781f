import { sha256 } from "@noble/hashes/sha2.js";
import { portableBlake3 } from "../core/digest.ts";
import type { ClientHashes } from "./client-options.ts";

/** Both digests in TypeScript: they run in a browser too. */
export const portableHashes: ClientHashes = {
  blake3: portableBlake3,
  createSha256() {
    const state = sha256.create();
    return {
      update: (bytes) => {
        state.update(bytes);
      },
      digest: () => state.digest(),
    };
  },
};
