import type { ContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { PACKAGE_FILES_MAX } from "../core/limits.ts";
import type { DatabaseWriter } from "../db/registry-database.ts";
import type { PackageRow } from "../db/view-tables.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { packageById } from "../views/query-packages.ts";
import { findPackage } from "./find-package.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { type AddedFile, type FileToPlace, placedFileEvent, placeFile } from "./place-file.ts";
import { record } from "./record.ts";
import { LeaseLost } from "./registration-errors.ts";
import type { RegistryContext } from "./registry-context.ts";

/** Where the blobs of files come from. */
export interface FilesSource {
  readonly addresses: readonly ContentAddress[];
  /**
   * Makes every blob durable in all targets, while a lease is held on them; answers the files.
   *
   * @param isAgain an earlier lease ran out after the blobs were stored, and they may have been removed since
   */
  prepare(isAgain: boolean): Promise<readonly FileToPlace[]>;
}

/**
 * Records files of a package that is not finalized: all of them or none. The order is that of every writer: lease, blobs
 * durable in all targets, then one transaction with the events, which also ends the lease. A file that is there already
 * with the same content is answered as it is.
 */
export async function recordFiles(
  context: RegistryContext,
  packageId: string,
  targets: readonly StorageBackend[],
  { addresses, prepare }: FilesSource,
): Promise<AddedFile[]> {
  const leases = new LeaseKeeper(context);
  try {
    for (let isAgain = false; ; isAgain = true) {
      const lease = await leases.take(addresses);
      const files = await prepare(isAgain);
      const release = (writer: DatabaseWriter) => leases.release(writer, lease);
      const added = await recordPlaced(context, packageId, targets, files, release).catch(unlessLost);
      leases.forget(lease);
      if (added !== undefined) return added;
    }
  } finally {
    await leases.close();
  }
}

function unlessLost(error: unknown): undefined {
  if (!(error instanceof LeaseLost)) throw error;
}

async function recordPlaced(
  context: RegistryContext,
  packageId: string,
  targets: readonly StorageBackend[],
  files: readonly FileToPlace[],
  release: (writer: DatabaseWriter) => Promise<boolean>,
): Promise<AddedFile[]> {
  let added: AddedFile[] = [];
  await record(context, async ({ writer }) => {
    const row = await packageById(writer, packageId);
    if (row?.status !== "created") throw stateError(packageId, row?.status);
    if (row.file_count + files.length > PACKAGE_FILES_MAX) {
      throw new ArtifactstoreError(
        "limit_exceeded",
        `Cannot add file to package "${packageId}": it would have more than ${PACKAGE_FILES_MAX} files`,
      );
    }
    if (!(await release(writer))) throw new LeaseLost();
    added = [];
    for (const file of files) added.push(await placeFile(context, writer, packageId, file));
    return added.filter(({ existed }) => !existed).map((file) => placedFileEvent(packageId, file, targets));
  });
  return added;
}

/** A package that takes files. Throws `package_not_found`, `package_state`. */
export async function openPackage(context: RegistryContext, packageId: string): Promise<PackageRow> {
  const row = await findPackage(context, packageId);
  if (row.status !== "created") throw stateError(packageId, row.status);
  return row;
}

function stateError(packageId: string, status: string | undefined): ArtifactstoreError {
  return new ArtifactstoreError(
    "package_state",
    `Cannot add file to package "${packageId}": it is ${status ?? "gone"}`,
  );
}
