import { encodeCanonicalCbor } from "./canonical-cbor.ts";
import type { JsonObject } from "./cbor-value.ts";
import { type ContentAddress, contentAddress } from "./content-address.ts";
import { type Blake3Engine, portableBlake3 } from "./digest.ts";
import { ArtifactstoreError } from "./errors.ts";
import { MANIFEST_MAX_BYTES } from "./limits.ts";

/**
 * The manifest, version 1: a pure function of content and of what the producer said. No ids of ours, no times of
 * ours, no backend names, no host paths, no configured duration: the same directory has the same digest everywhere.
 *
 * Key names are fixed. Optional keys that are absent are omitted, never null.
 */
export const MANIFEST_VERSION = 1;

export type Manifest = {
  readonly manifest_version: typeof MANIFEST_VERSION;
  readonly package: ManifestPackage;
  /** In byte order of their paths. */
  readonly files: readonly ManifestFile[];
  /** One for each distinct blob, in order of content address. */
  readonly storage_receipts: readonly StorageReceipt[];
  readonly retention_summary: RetentionSummary;
  /** What the producer says of the origin. */
  readonly provenance: JsonObject;
};

export type ManifestPackage = {
  readonly name: string;
  readonly producer: string;
  readonly subject: string;
  readonly external_id?: string;
  readonly metadata_schema?: MetadataSchemaReference;
  readonly metadata: JsonObject;
};

export type MetadataSchemaReference = {
  readonly slug: string;
  /** Content address of the schema's canonical CBOR. */
  readonly digest: string;
};

export type ManifestFile = {
  readonly path: string;
  /** Lower-case `type/subtype`, no parameters. */
  readonly media_type: string;
  /** Bytes. */
  readonly size_bytes: number;
  readonly content_address: string;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly annotations?: JsonObject;
};

export type StorageReceipt = {
  readonly content_address: string;
  /** Bytes. */
  readonly size_bytes: number;
};

export type RetentionSummary = {
  /** As requested when the package was created. */
  readonly retention_class: string;
};

export interface EncodedManifest {
  /** Canonical CBOR. */
  readonly bytes: Uint8Array;
  /** The manifest digest: the content address of `bytes`. */
  readonly digest: ContentAddress;
}

/** Throws `limit_exceeded` for a manifest that nobody could read back. */
export function encodeManifest(manifest: Manifest, blake3: Blake3Engine = portableBlake3): EncodedManifest {
  const bytes = encodeCanonicalCbor(manifest);
  checkManifestSize(bytes.length);
  return { bytes, digest: contentAddress(blake3.hash(bytes)) };
}

/** Throws `limit_exceeded` for a manifest that nobody could read back. */
export function checkManifestSize(lengthBytes: number): void {
  if (lengthBytes <= MANIFEST_MAX_BYTES) return;
  throw new ArtifactstoreError(
    "limit_exceeded",
    `Cannot seal manifest: it has ${lengthBytes} bytes, more than ${MANIFEST_MAX_BYTES}`,
  );
}
