import type { JsonObject } from "../core/cbor-value.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { checkMediaType } from "../core/media-type.ts";
import { checkPackagePath } from "../core/package-path.ts";
import { checkPackagePaths } from "../core/package-paths.ts";
import { compareUtf8 } from "../core/utf8-order.ts";
import { type ReadyBlob, removeQuietly, storeBlobs } from "../dataplane/store-blobs.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { chooseAdoption } from "./choose-adoption.ts";
import { missingFrom } from "./ensure-stored.ts";
import { claimStores, routeTargets } from "./own-stores.ts";
import { checkDocument } from "./package-description.ts";
import type { AddedFile, FileToPlace } from "./place-file.ts";
import { openPackage, recordFiles } from "./record-files.ts";
import type { RegistryContext } from "./registry-context.ts";

/** A file whose bytes are here whole, with both digests: in memory, or complete and fsynced at a temporary path. */
export interface ReceivedFile extends ReadyBlob {
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
  readonly mediaType?: string;
  readonly annotations?: JsonObject;
}

export interface ReceivingPlace {
  /** The backends of the package's route. */
  readonly targets: readonly StorageBackend[];
  /** Up to so much stays in memory. Bytes. */
  readonly smallMaxBytes: number;
  /** Where the next larger body goes. */
  readonly temporaryPath: () => string;
}

/**
 * Where the bytes of files for a package are to be received: what of them may stay in memory, and where larger ones
 * go. Throws `package_not_found`, `package_state`.
 */
export async function receivingPlace(context: RegistryContext, packageId: string): Promise<ReceivingPlace> {
  const row = await openPackage(context, packageId);
  const targets = routeTargets(context, row.producer, row.retention_class);
  // The marker is there before the first file is: a temporary file would make a store look like somebody else's.
  await claimStores(context, targets);
  const { smallMaxBytes, temporaryPath } = chooseAdoption(context, targets);
  return { targets, smallMaxBytes, temporaryPath };
}

/**
 * Adds files to a package that is not finalized: all of them or none. The order is that of every writer: lease, blobs
 * durable in all targets, then one transaction with the events, which also ends the lease. A file that is there already
 * with the same content is answered as it is.
 *
 * Temporary files pass to this function and are gone when it ends, however it ends.
 *
 * Throws `package_not_found`, `package_state`, `invalid_path`, `path_conflict`, `invalid_input`, `limit_exceeded`, and
 * what storing throws.
 *
 * @param place where they were received, if it is known; a package's route never changes
 */
export async function addFiles(
  context: RegistryContext,
  packageId: string,
  files: readonly ReceivedFile[],
  place?: ReceivingPlace,
): Promise<AddedFile[]> {
  try {
    checkFiles(files);
    const { targets } = place ?? (await receivingPlace(context, packageId));
    return await recordFiles(context, packageId, targets, {
      addresses: files.map(({ address }) => address),
      async prepare(isAgain) {
        if (isAgain) await checkStillStored(packageId, targets, files);
        else await storeBlobs(files, targets, chooseAdoption(context, targets).adopter);
        return files;
      },
    });
  } finally {
    for (const { temporaryPath } of files) if (temporaryPath !== undefined) removeQuietly(temporaryPath);
  }
}

/** After a lease ran out, with a new one in hand: the bytes are no longer here, and perhaps no longer there. */
async function checkStillStored(
  packageId: string,
  targets: readonly StorageBackend[],
  files: readonly ReceivedFile[],
): Promise<void> {
  for (const target of targets) {
    const missing = await missingFrom(
      target,
      files.map((file) => [file, file.address] as const),
    );
    if (missing.length === 0) continue;
    throw new ArtifactstoreError(
      "blob_busy",
      `Cannot add file to package "${packageId}": its bytes were removed before it was recorded; send it again`,
    );
  }
}

/** The rules that a file breaks or keeps by itself, and those among the files. */
export function checkFiles(files: readonly Pick<FileToPlace, "path" | "mediaType" | "annotations">[]): void {
  for (const { path, mediaType, annotations } of files) {
    checkPackagePath(path);
    if (mediaType !== undefined) checkMediaType(mediaType);
    if (annotations !== undefined) checkDocument("annotations", annotations);
  }
  checkPackagePaths(files.map(({ path }) => path).sort(compareUtf8));
}
