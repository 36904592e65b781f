import { copyFile, copyPackage, type ManifestInput, receiptsOf } from "./build-manifest.ts";
import { encodeCanonicalCbor } from "./canonical-cbor.ts";
import { type ContentAddress, contentAddress } from "./content-address.ts";
import type { Blake3Engine, StreamingHasher } from "./digest.ts";
import { ArtifactstoreError } from "./errors.ts";
import { MANIFEST_VERSION, type ManifestFile } from "./manifest.ts";
import { compareUtf8 } from "./utf8-order.ts";

const ARRAY = 0x80;
const MAP_OF_SIX = Uint8Array.of(0xa6);

/**
 * The manifest digest of files that become known one after the other, computed while the next are still being read.
 * The files come first in a manifest's canonical CBOR, since their key is the shortest; all other parts follow.
 *
 * Equal to the digest of `encodeManifest(assembleManifest(…))`: for comparison with a sealed manifest, not for sealing.
 */
export class ManifestDigester {
  readonly #hasher: StreamingHasher;
  readonly #fileCount: number;
  readonly #files: ManifestFile[] = [];

  /** @param fileCount of all files that will be added; the encoding begins with it */
  constructor(blake3: Blake3Engine, fileCount: number) {
    this.#hasher = blake3.create();
    this.#fileCount = fileCount;
    this.#hasher.update(MAP_OF_SIX);
    this.#hasher.update(encodeCanonicalCbor("files"));
    this.#hasher.update(arrayHead(fileCount));
  }

  /** The files so far. */
  get files(): readonly ManifestFile[] {
    return this.#files;
  }

  /** In byte order of their paths, as in the manifest. */
  add(files: readonly ManifestFile[]): void {
    let last = this.#files.at(-1)?.path;
    for (const file of files) {
      if (last !== undefined && compareUtf8(last, file.path) >= 0) {
        throw new ArtifactstoreError("internal", `Cannot digest manifest: "${file.path}" is out of order`);
      }
      last = file.path;
      this.#files.push(file);
    }
    const encoded = encodeCanonicalCbor(files.map(copyFile));
    this.#hasher.update(encoded.subarray(arrayHead(files.length).length));
  }

  finish(input: Omit<ManifestInput, "files">): ContentAddress {
    if (this.#files.length !== this.#fileCount) {
      throw new ArtifactstoreError(
        "internal",
        `Cannot digest manifest: ${this.#files.length} of ${this.#fileCount} files are known`,
      );
    }
    const rest = encodeCanonicalCbor({
      package: copyPackage(input.package),
      provenance: input.provenance,
      manifest_version: MANIFEST_VERSION,
      storage_receipts: receiptsOf(this.#files),
      retention_summary: { retention_class: input.retention_class },
    });
    // The five entries without the head of their map: they follow the files in the map of six.
    this.#hasher.update(rest.subarray(1));
    return contentAddress(this.#hasher.digest());
  }
}

/** The head of an array (RFC 8949 section 3): as the head of the same number, but for the major type. */
function arrayHead(count: number): Uint8Array {
  const head = encodeCanonicalCbor(count);
  head[0] = (head[0] ?? 0) | ARRAY;
  return head;
}
