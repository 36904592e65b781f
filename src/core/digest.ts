import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** Bytes in, 32 bytes out. */
export type HashFunction = (bytes: Uint8Array) => Uint8Array;

/** Both digests of one blob, 32 bytes each, from one pass over its bytes. */
export interface DualDigest {
  readonly blake3: Uint8Array;
  readonly sha256: Uint8Array;
}

/** A digest that is fed piece by piece. After `digest` it must not be used again. */
export interface StreamingHasher {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/** One implementation of BLAKE3. The native one is chosen outside core, where it loads. */
export interface Blake3Engine {
  /** For people: `native`, `portable`. */
  readonly name: string;
  hash(bytes: Uint8Array): Uint8Array;
  create(): StreamingHasher;
}

/** Pure TypeScript, runs everywhere: the fallback, and the reference that others are tested against. */
export const portableBlake3: Blake3Engine = {
  name: "portable",
  hash: digestBlake3,
  create(): StreamingHasher {
    const state = blake3.create();
    return {
      update: (bytes) => {
        state.update(bytes);
      },
      digest: () => state.digest(),
    };
  },
};

/** BLAKE3 with an output of 32 bytes. For small inputs: about 50 times slower than the native engine. */
export function digestBlake3(bytes: Uint8Array): Uint8Array {
  return blake3(bytes);
}

/** SHA-256 (FIPS 180-4). For small inputs: callers with `node:crypto` at hand pass that instead. */
export function digestSha256(bytes: Uint8Array): Uint8Array {
  return sha256(bytes);
}
