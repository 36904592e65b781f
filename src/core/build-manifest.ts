import type { JsonObject } from "./cbor-value.ts";
import {
  MANIFEST_VERSION,
  type Manifest,
  type ManifestFile,
  type ManifestPackage,
  type StorageReceipt,
} from "./manifest.ts";
import { manifestViolations } from "./manifest-rules.ts";
import { compareUtf8 } from "./utf8-order.ts";

export interface ManifestInput {
  readonly package: ManifestPackage;
  /** In any order. */
  readonly files: Iterable<ManifestFile>;
  readonly retention_class: string;
  readonly provenance: JsonObject;
}

/** Puts a manifest together: sorts, derives the receipts, checks all rules. Throws `invalid_manifest`. */
export function buildManifest(input: ManifestInput): Manifest {
  const manifest = assembleManifest(input);
  manifestViolations(manifest).throwIfAny("invalid_manifest", "Cannot build manifest");
  return manifest;
}

/**
 * The same without the check of the rules: only to be compared by digest with a manifest that has passed it, never to
 * be sealed.
 */
export function assembleManifest(input: ManifestInput): Manifest {
  const files = Array.from(input.files, copyFile).sort((a, b) => compareUtf8(a.path, b.path));
  return {
    files,
    package: copyPackage(input.package),
    provenance: input.provenance,
    manifest_version: MANIFEST_VERSION,
    storage_receipts: receiptsOf(files),
    retention_summary: { retention_class: input.retention_class },
  };
}

/** Exactly the keys of a manifest's file, in the order of their encoding, those that are absent left out. */
export function copyFile(file: ManifestFile): ManifestFile {
  const { path, sha256, media_type, size_bytes, annotations, content_address } = file;
  return annotations === undefined
    ? { path, sha256, media_type, size_bytes, content_address }
    : { path, sha256, media_type, size_bytes, annotations, content_address };
}

export function copyPackage(source: ManifestPackage): ManifestPackage {
  return {
    name: source.name,
    subject: source.subject,
    metadata: source.metadata,
    producer: source.producer,
    ...(source.external_id === undefined ? {} : { external_id: source.external_id }),
    ...(source.metadata_schema === undefined
      ? {}
      : { metadata_schema: { slug: source.metadata_schema.slug, digest: source.metadata_schema.digest } }),
  };
}

function receiptsOf(files: readonly ManifestFile[]): StorageReceipt[] {
  return receiptsOfSizes(new Map(files.map((file) => [file.content_address, file.size_bytes])));
}

/** One receipt for each distinct blob, in order of content address, from the sizes by address. */
function receiptsOfSizes(sizes: ReadonlyMap<string, number>): StorageReceipt[] {
  // Content addresses are ASCII, for which the default order is byte order.
  return Array.from(sizes.keys())
    .sort()
    .map((address) => ({ size_bytes: sizes.get(address) ?? 0, content_address: address }));
}
