import { decodeCanonicalCbor } from "./canonical-cbor.ts";
import type { CborValue } from "./cbor-value.ts";
import { ArtifactstoreError, isArtifactstoreError } from "./errors.ts";
import { MANIFEST_MAX_BYTES } from "./limits.ts";
import type { Manifest } from "./manifest.ts";
import { manifestViolations } from "./manifest-rules.ts";

/**
 * Reads a manifest, version 1, and checks every rule of it. Throws `invalid_manifest` with all violations, each
 * addressed by JSON Pointer; the cause is `invalid_cbor` if the bytes are not even canonical CBOR.
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  if (bytes.length > MANIFEST_MAX_BYTES) {
    throw new ArtifactstoreError(
      "invalid_manifest",
      `Cannot read manifest: it has ${bytes.length} bytes, more than ${MANIFEST_MAX_BYTES}`,
    );
  }
  const value = decode(bytes);
  manifestViolations(value).throwIfAny("invalid_manifest", "Cannot read manifest");
  // The rules have checked every key that the type names, and that there is no other.
  return value as Manifest;
}

function decode(bytes: Uint8Array): CborValue {
  try {
    return decodeCanonicalCbor(bytes);
  } catch (cause) {
    if (!isArtifactstoreError(cause, "invalid_cbor")) throw cause;
    throw new ArtifactstoreError("invalid_manifest", "Cannot read manifest: it is not canonical CBOR", {
      cause,
    });
  }
}
