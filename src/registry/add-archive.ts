import { ArtifactstoreError } from "../core/errors.ts";
import { PACKAGE_FILES_MAX } from "../core/limits.ts";
import { checkPackagePath } from "../core/package-path.ts";
import { checkPackagePaths } from "../core/package-paths.ts";
import { compareUtf8 } from "../core/utf8-order.ts";
import { type ReadyBlob, removeQuietly, storeBlobs } from "../dataplane/store-blobs.ts";
import { packageById } from "../views/query-packages.ts";
import { receiveFile } from "./add-file.ts";
import { type ReceivingPlace, receivingPlace } from "./add-files.ts";
import type { ArchiveEntry } from "./archive-entry.ts";
import { chooseAdoption } from "./choose-adoption.ts";
import { isClearOf } from "./is-clear-of.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { type AddedFile, type FileToPlace, placedFileEvent, placeFile, placeNewFile } from "./place-file.ts";
import { record } from "./record.ts";
import type { RegistryContext } from "./registry-context.ts";

/** What is stored together: so many files, or so many bytes of small ones. */
const BATCH_FILES = 1024;
const BATCH_MAX_BYTES = 8 * 1024 * 1024;

export interface AddedArchive {
  readonly fileCount: number;
  /** Files that the package had already, the same. */
  readonly existedCount: number;
  /** Bytes. */
  readonly totalSizeBytes: number;
}

export interface AddArchiveOptions {
  /** Of one file. Bytes. */
  readonly fileMaxBytes: number;
}

/**
 * Adds all files of an archive to a package that is not finalized, or none of them. Bytes become durable batch by batch
 * while the archive comes in, under leases; what they are is recorded in one transaction at the end. Memory holds one
 * batch being gathered and one being stored, and a few hundred bytes for each file.
 *
 * Throws `package_not_found`, `package_state`, `invalid_path`, `path_conflict`, `limit_exceeded`, `invalid_request` (no file in
 * it), what reading the archive throws, and what storing throws.
 */
export async function addArchive(
  context: RegistryContext,
  packageId: string,
  entries: AsyncIterable<ArchiveEntry>,
  options: AddArchiveOptions,
): Promise<AddedArchive> {
  const place = await receivingPlace(context, packageId);
  const intake = new ArchiveIntake(context, place);
  try {
    for await (const entry of entries) await intake.receive(entry, options.fileMaxBytes);
    const files = await intake.finish();
    if (files.length === 0) {
      throw new ArtifactstoreError(
        "invalid_request",
        `Cannot add archive to package "${packageId}": there is no file in it`,
      );
    }
    checkPackagePaths(files.map(({ path }) => path).sort(compareUtf8));
    const added = await recordArchive(context, packageId, place, files, intake);
    return {
      fileCount: files.length,
      existedCount: added.filter(({ existed }) => existed).length,
      totalSizeBytes: files.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
    };
  } finally {
    await intake.close();
  }
}

async function recordArchive(
  context: RegistryContext,
  packageId: string,
  { targets }: ReceivingPlace,
  files: readonly FileToPlace[],
  intake: ArchiveIntake,
): Promise<AddedFile[]> {
  const refuse = (code: "package_state" | "limit_exceeded" | "blob_busy", state: string) =>
    new ArtifactstoreError(code, `Cannot add archive to package "${packageId}": ${state}`);
  let added: AddedFile[] = [];
  await record(context, async ({ writer }) => {
    const row = await packageById(writer, packageId);
    if (row?.status !== "created") throw refuse("package_state", `it is ${row?.status ?? "gone"}`);
    if (row.file_count + files.length > PACKAGE_FILES_MAX) {
      throw refuse("limit_exceeded", `it would have more than ${PACKAGE_FILES_MAX} files`);
    }
    for (const lease of intake.leases) {
      if (!(await intake.keeper.release(writer, lease))) {
        throw refuse("blob_busy", "the lease on its bytes ran out; try again");
      }
    }
    added = [];
    // Among themselves the paths have been checked; where nothing is near them there is nothing else to ask.
    const isClear =
      row.file_count === 0 ||
      (await isClearOf(
        writer,
        packageId,
        files.map(({ path }) => path),
      ));
    for (const file of files) {
      added.push(isClear ? placeNewFile(context, file) : await placeFile(context, writer, packageId, file));
    }
    return added.filter(({ existed }) => !existed).map((file) => placedFileEvent(packageId, file, targets));
  });
  intake.released();
  return added;
}

/** Receives the files of an archive one after the other, and stores those before meanwhile. */
class ArchiveIntake {
  readonly keeper: LeaseKeeper;
  readonly leases: string[] = [];
  readonly #context: RegistryContext;
  readonly #place: ReceivingPlace;
  readonly #files: FileToPlace[] = [];
  #batch: ReadyBlob[] = [];
  #batchBytes = 0;
  #storing: Promise<void> = Promise.resolve();

  constructor(context: RegistryContext, place: ReceivingPlace) {
    this.#context = context;
    this.#place = place;
    this.keeper = new LeaseKeeper(context);
  }

  async receive({ path, sizeBytes, body }: ArchiveEntry, maxBytes: number): Promise<void> {
    checkPackagePath(path);
    if (this.#files.length >= PACKAGE_FILES_MAX) {
      throw new ArtifactstoreError(
        "limit_exceeded",
        `Cannot add archive: it has more than ${PACKAGE_FILES_MAX} files`,
      );
    }
    const received = await receiveFile(
      this.#context,
      this.#place,
      { path, maxBytes, expected: { sizeBytes } },
      body,
    );
    this.#files.push({ path, address: received.address, sha256: received.sha256, sizeBytes });
    this.#batch.push(received);
    this.#batchBytes += received.bytes?.length ?? 0;
    if (this.#batch.length >= BATCH_FILES || this.#batchBytes >= BATCH_MAX_BYTES) await this.#store();
  }

  /** Every blob is durable when it resolves. */
  async finish(): Promise<readonly FileToPlace[]> {
    await this.#store();
    await this.#storing;
    return this.#files;
  }

  /** The leases ended in the transaction that recorded the files. */
  released(): void {
    for (const lease of this.leases.splice(0)) this.keeper.forget(lease);
  }

  async close(): Promise<void> {
    await this.#storing.catch(() => undefined);
    for (const { temporaryPath } of this.#batch)
      if (temporaryPath !== undefined) removeQuietly(temporaryPath);
    await this.keeper.close();
  }

  /** Begins to store what was gathered, once the batch before is stored. */
  async #store(): Promise<void> {
    await this.#storing;
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    if (batch.length === 0) return;
    this.#storing = this.#storeBatch(batch);
    // Whoever awaits it next is told; until then nobody may be.
    this.#storing.catch(() => undefined);
  }

  async #storeBatch(batch: readonly ReadyBlob[]): Promise<void> {
    const { targets } = this.#place;
    try {
      this.leases.push(await this.keeper.take(batch.map(({ address }) => address)));
    } catch (error) {
      for (const { temporaryPath } of batch) if (temporaryPath !== undefined) removeQuietly(temporaryPath);
      throw error;
    }
    await storeBlobs(batch, targets, chooseAdoption(this.#context, targets).adopter);
  }
}
