import type { JsonObject } from "../core/cbor-value.ts";
import { type ContentAddress, parseContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError, type FieldError, isArtifactstoreError } from "../core/errors.ts";
import { ERRORS_LISTED_MAX, FILES_REFERENCED_MAX } from "../core/limits.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import { verifiedChunks } from "../dataplane/verified-chunks.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { checkFiles, receivingPlace } from "./add-files.ts";
import { missingFrom } from "./ensure-stored.ts";
import { type KnownBlob, knownBlobs, type Visible } from "./missing-blobs.ts";
import type { AddedFile } from "./place-file.ts";
import { recordFiles } from "./record-files.ts";
import type { RegistryContext } from "./registry-context.ts";

/** A file whose bytes are said to be here. */
export interface ReferencedFile {
  readonly path: string;
  readonly contentAddress: string;
  /** Compared with what is stored, where it is given. Bytes. */
  readonly sizeBytes?: number;
  readonly mediaType?: string;
  readonly annotations?: JsonObject;
}

/**
 * Adds files without their bytes to a package that is not finalized, all of them or none: their blobs are those of other
 * packages that the asker may read. A blob that a backend of this package's route does not hold is copied there first,
 * checked as it passes.
 *
 * Throws `blob_not_found`, naming every file whose bytes must be sent; `digest_mismatch` for a size that is not the
 * blob's; and what `addFiles` throws.
 */
export async function referenceFiles(
  context: RegistryContext,
  packageId: string,
  files: readonly ReferencedFile[],
  visible: Visible,
): Promise<AddedFile[]> {
  if (files.length > FILES_REFERENCED_MAX) {
    throw new ArtifactstoreError(
      "limit_exceeded",
      `Cannot add files: ${files.length} are referred to at once, more than ${FILES_REFERENCED_MAX}`,
    );
  }
  checkFiles(files);
  const addressed = files.map((file) => ({ file, address: parseContentAddress(file.contentAddress) }));
  const { targets } = await receivingPlace(context, packageId);
  const addresses = [...new Set(addressed.map(({ address }) => address))];
  return await recordFiles(context, packageId, targets, {
    addresses,
    async prepare() {
      const known = await knownBlobs(context, addresses, visible);
      const unstored = new Set<ContentAddress>();
      for (const target of targets) {
        for (const address of await fillTarget(context, target, [...known.values()])) unstored.add(address);
      }
      const errors: FieldError[] = [];
      const placed = addressed.flatMap(({ file, address }, index) => {
        const blob = known.get(address);
        if (blob === undefined || unstored.has(address)) {
          errors.push({ pointer: `/${index}/content_address`, message: `"${address}" must be sent` });
          return [];
        }
        checkSize(file, blob);
        return [{ ...file, address, sha256: blob.sha256, sizeBytes: blob.sizeBytes }];
      });
      refuseMissing(errors);
      return placed;
    },
  });
}

/** Copies to a target what it does not hold; answers what no other backend holds whole either. */
async function fillTarget(
  context: RegistryContext,
  target: StorageBackend,
  blobs: readonly KnownBlob[],
): Promise<ContentAddress[]> {
  const unstored: ContentAddress[] = [];
  const missing = await missingFrom(
    target,
    blobs.map((blob) => [blob, blob.address] as const),
  );
  for (const [blob] of missing) {
    if (!(await copyFromAnother(context, target, blob))) unstored.push(blob.address);
  }
  return unstored;
}

async function copyFromAnother(
  context: RegistryContext,
  target: StorageBackend,
  { address, sizeBytes }: KnownBlob,
): Promise<boolean> {
  for (const source of context.backends.values()) {
    if (source === target) continue;
    const reading = await openCopy(source, address);
    if (reading === undefined) continue;
    const body = whileReadable(verifiedChunks(context.blake3, address, [async () => reading]));
    try {
      await target.blobs.put(address, body.chunks, { size: sizeBytes });
      return true;
    } catch (error) {
      // A target that cannot take it is the caller's to hear of; a source that is not whole makes room for the next.
      if (!body.hasFailed() && !isArtifactstoreError(error, "digest_mismatch")) throw error;
    }
  }
  return false;
}

async function openCopy(
  source: StorageBackend,
  address: ContentAddress,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  try {
    return await source.blobs.get(address);
  } catch {
    // As good as absent: another copy may do, and `doctor` says what is wrong with this one.
    return undefined;
  }
}

/** Tells afterwards whether it was the source that failed. */
function whileReadable(source: AsyncIterable<Uint8Array>): {
  readonly chunks: AsyncIterable<Uint8Array>;
  hasFailed(): boolean;
} {
  let failed = false;
  async function* chunks() {
    try {
      yield* source;
    } catch (error) {
      failed = true;
      throw error;
    }
  }
  return { chunks: chunks(), hasFailed: () => failed };
}

function checkSize({ path, sizeBytes }: ReferencedFile, blob: KnownBlob): void {
  if (sizeBytes === undefined || sizeBytes === blob.sizeBytes) return;
  throw new ArtifactstoreError(
    "digest_mismatch",
    `Cannot add file ${quoteForTerminal(path)}: blob "${blob.address}" has ${blob.sizeBytes} bytes, not ${sizeBytes}`,
  );
}

function refuseMissing(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  throw new ArtifactstoreError(
    "blob_not_found",
    `Cannot add files: the bytes of ${errors.length} of them must be sent`,
    { errors: errors.slice(0, ERRORS_LISTED_MAX) },
  );
}
