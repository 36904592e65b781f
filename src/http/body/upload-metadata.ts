import { ArtifactstoreError } from "../../core/errors.ts";

const PAIR = /^([\x21-\x2b\x2d-\x7e]+)(?: ([A-Za-z0-9+/]*={0,2}))?$/;

/**
 * Reads `Upload-Metadata` (tus 1.0, creation): pairs of a key and a value in base64, separated by commas. Throws
 * `invalid_request` for what is malformed, a key that comes twice and a value that is not UTF-8.
 */
export function parseUploadMetadata(text: string): Map<string, string> {
  const metadata = new Map<string, string>();
  for (const pair of text.split(",").map((part) => part.trim())) {
    if (pair === "") continue;
    const [, key, value = ""] = PAIR.exec(pair) ?? [];
    if (key === undefined || metadata.has(key))
      throw refused("it is not a list of keys with values in base64");
    try {
      metadata.set(key, new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(value, "base64")));
    } catch (cause) {
      throw refused(`the value of "${key.slice(0, 80)}" is not UTF-8`, cause);
    }
  }
  return metadata;
}

/** Lengths of the digests that `Upload-Checksum` may have. Bytes. */
const CHECKSUM_BYTES = { sha1: 20, sha256: 32 } as const;

/** What the checksum extension offers. */
export const CHECKSUM_ALGORITHMS = Object.keys(CHECKSUM_BYTES).join(",");

/** Reads `Upload-Checksum` (tus 1.0, checksum). Throws `invalid_request`. */
export function parseUploadChecksum(text: string): {
  readonly algorithm: keyof typeof CHECKSUM_BYTES;
  readonly digest: Uint8Array;
} {
  const [, algorithm, base64 = ""] = /^(sha1|sha256) ([A-Za-z0-9+/]+={0,2})$/.exec(text.trim()) ?? [];
  if (algorithm !== "sha1" && algorithm !== "sha256") {
    throw new ArtifactstoreError(
      "invalid_request",
      `Cannot read "Upload-Checksum": it is not one of ${CHECKSUM_ALGORITHMS} with a digest in base64`,
    );
  }
  const digest = new Uint8Array(Buffer.from(base64, "base64"));
  if (digest.length !== CHECKSUM_BYTES[algorithm]) {
    throw new ArtifactstoreError("invalid_request", `Cannot read "Upload-Checksum": it is no ${algorithm}`);
  }
  return { algorithm, digest };
}

function refused(state: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError("invalid_request", `Cannot read "Upload-Metadata": ${state}`, { cause });
}
