import { copyFile, copyPackage, type ManifestInput } from "./build-manifest.ts";
import { encodeCanonicalCbor } from "./canonical-cbor.ts";
import { contentAddress } from "./content-address.ts";
import type { Blake3Engine, StreamingHasher } from "./digest.ts";
import { ArtifactstoreError } from "./errors.ts";
import { checkManifestSize, type EncodedManifest, MANIFEST_VERSION, type ManifestFile } from "./manifest.ts";
import { compareUtf8 } from "./utf8-order.ts";

const ARRAY = 0x80;

/** Receipts that are values at one time. Count. */
const RECEIPTS_AT_ONCE = 1_024;

const MAP_OF_SIX = Uint8Array.of(0xa6);

/**
 * A manifest's canonical CBOR and digest, made from files that become known one after the other, while the next are
 * still being read, and without holding them. The files come first in the encoding, since their key is the shortest;
 * all other parts follow.
 *
 * The same as `encodeManifest(buildManifest(…))`.
 */
export class ManifestDigester {
  readonly #hasher: StreamingHasher;
  readonly #fileCount: number;
  readonly #kept: Uint8Array[] | undefined;
  /** Of each blob so far. */
  readonly #sizes = new Map<string, number>();
  #count = 0;
  #lengthBytes = 0;
  #lastPath: string | undefined;

  /**
   * @param fileCount of all files that will be added; the encoding begins with it
   * @param keepBytes whether the encoding is wanted, or only its digest
   */
  constructor(blake3: Blake3Engine, fileCount: number, keepBytes: boolean) {
    this.#hasher = blake3.create();
    this.#fileCount = fileCount;
    this.#kept = keepBytes ? [] : undefined;
    this.#take(MAP_OF_SIX);
    this.#take(encodeCanonicalCbor("files"));
    this.#take(arrayHead(fileCount));
  }

  /** How many files have been added. */
  get count(): number {
    return this.#count;
  }

  /**
   * In byte order of their paths, as in the manifest. That each file for itself keeps the rules is known from where its
   * parts come from: paths, media types and annotations were checked as they came in, digests were computed.
   */
  add(files: readonly ManifestFile[]): void {
    this.#check(files);
    const encoded = encodeCanonicalCbor(files.map(copyFile));
    this.#take(encoded.subarray(arrayHead(files.length).length));
    this.#count += files.length;
  }

  /** Throws `limit_exceeded` for a manifest that nobody could read back. */
  finish(input: Omit<ManifestInput, "files">): EncodedManifest {
    if (this.#count !== this.#fileCount) {
      throw new ArtifactstoreError(
        "internal",
        `Cannot finish manifest: ${this.#count} of ${this.#fileCount} files are known`,
      );
    }
    // The five entries that follow the files in the map of six, each without the head of a map of its own.
    const { provenance, retention_class } = input;
    const head = { package: copyPackage(input.package), provenance, manifest_version: MANIFEST_VERSION };
    this.#take(encodeCanonicalCbor(head).subarray(1));
    this.#takeReceipts();
    this.#take(encodeCanonicalCbor({ retention_summary: { retention_class } }).subarray(1));
    checkManifestSize(this.#lengthBytes);
    return { bytes: this.#joined(), digest: contentAddress(this.#hasher.digest()) };
  }

  /** A piece at a time: as values, those of a large package take more memory than all else of it. */
  #takeReceipts(): void {
    this.#take(encodeCanonicalCbor("storage_receipts"));
    this.#take(arrayHead(this.#sizes.size));
    // Content addresses are ASCII, for which the default order is byte order.
    const addresses = Array.from(this.#sizes.keys()).sort();
    for (let from = 0; from < addresses.length; from += RECEIPTS_AT_ONCE) {
      const piece = addresses.slice(from, from + RECEIPTS_AT_ONCE).map((address) => ({
        size_bytes: this.#sizes.get(address) ?? 0,
        content_address: address,
      }));
      this.#take(encodeCanonicalCbor(piece).subarray(arrayHead(piece.length).length));
    }
  }

  /** What only shows when the files come together: their order, and what equal addresses say. */
  #check(files: readonly ManifestFile[]): void {
    for (const { path, content_address: address, size_bytes: sizeBytes } of files) {
      if (this.#lastPath !== undefined && compareUtf8(this.#lastPath, path) >= 0) {
        throw new ArtifactstoreError("internal", `Cannot encode manifest: "${path}" is out of order`);
      }
      this.#lastPath = path;
      const known = this.#sizes.get(address);
      if (known !== undefined && known !== sizeBytes) {
        throw new ArtifactstoreError(
          "invalid_manifest",
          `Cannot build manifest: ${address} has ${known} bytes and ${sizeBytes} bytes`,
        );
      }
      this.#sizes.set(address, sizeBytes);
    }
  }

  #take(bytes: Uint8Array): void {
    this.#hasher.update(bytes);
    this.#kept?.push(bytes);
    this.#lengthBytes += bytes.length;
  }

  #joined(): Uint8Array {
    if (this.#kept === undefined) return new Uint8Array(0);
    const joined = new Uint8Array(this.#lengthBytes);
    let offset = 0;
    for (const bytes of this.#kept) {
      joined.set(bytes, offset);
      offset += bytes.length;
    }
    return joined;
  }
}

/** The head of an array (RFC 8949 section 3): as the head of the same number, but for the major type. */
function arrayHead(count: number): Uint8Array {
  const head = encodeCanonicalCbor(count);
  head[0] = (head[0] ?? 0) | ARRAY;
  return head;
}
