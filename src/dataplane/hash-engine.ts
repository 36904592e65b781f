import { createHash } from "node:crypto";
import { type Blake3Engine, portableBlake3, type StreamingHasher } from "../core/digest.ts";

/** Which BLAKE3 to use: `auto` takes the native addon where it loads. */
export type Blake3Choice = "auto" | "native" | "portable";

let chosen: Promise<Blake3Engine> | undefined;

/**
 * The BLAKE3 of this process: the native addon where it loads (about 6 GB/s a core), else the portable one
 * (`@noble/hashes`, some 20 times slower, the same digests). Chosen once; shown by `artifactstore version --verbose`.
 */
export function chooseBlake3(choice: Blake3Choice = "auto"): Promise<Blake3Engine> {
  if (choice === "portable") return Promise.resolve(portableBlake3);
  if (choice === "native") return loadNative();
  chosen ??= loadNative().catch(() => portableBlake3);
  return chosen;
}

/** Fails where the addon does not load; tests use it to compare the two engines. */
async function loadNative(): Promise<Blake3Engine> {
  const addon = await import("@napi-rs/blake-hash");
  const { Blake3Hasher, blake3 } = addon.default ?? addon;
  const engine: Blake3Engine = {
    name: "native (@napi-rs/blake-hash)",
    hash: (bytes) => blake3(bytes),
    create(): StreamingHasher {
      const hasher = new Blake3Hasher();
      return {
        update: (bytes) => {
          hasher.update(asBuffer(bytes));
        },
        digest: () => hasher.digestBuffer(),
      };
    },
  };
  // An addon that loads but computes something else must never name a blob.
  const empty = Buffer.from(engine.hash(new Uint8Array(0))).toString("hex");
  if (empty !== EMPTY_BLAKE3) throw new Error(`the native BLAKE3 addon answers ${empty} for the empty input`);
  return engine;
}

const EMPTY_BLAKE3 = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";

/** The addon wants a `Buffer`; this is a view, not a copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function createSha256(): StreamingHasher {
  const hash = createHash("sha256");
  return {
    update: (bytes) => {
      hash.update(bytes);
    },
    digest: () => hash.digest(),
  };
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}
