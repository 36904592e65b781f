import { lstatSync } from "node:fs";
import { link, readFile } from "node:fs/promises";
import { bytesToHex } from "@noble/hashes/utils.js";
import { sql } from "drizzle-orm/sql/sql";
import { contentAddress } from "../../core/content-address.ts";
import { ERRORS, isArtifactstoreError } from "../../core/errors.ts";
import { sourceIdentity } from "../../core/source-identity.ts";
import { PAIR_MIN_BYTES } from "../../dataplane/read-unit.ts";
import type { ReceivedBody } from "../../dataplane/receive-body.ts";
import type { SourceFile } from "../../dataplane/source-file.ts";
import { removeQuietly } from "../../dataplane/store-blobs.ts";
import { type UploadRow, uploads } from "../../db/request-tables.ts";
import { writeTogether } from "../../db/write-together.ts";
import { checkExpected } from "../add-file.ts";
import { addFiles, type ReceivingPlace, receivingPlace } from "../add-files.ts";
import type { RegistryContext } from "../registry-context.ts";
import { describeUpload, type Upload } from "./upload.ts";

/**
 * Adds the file of an upload whose bytes are all here. Both digests are computed now, by the threads and from the disk:
 * so it does not matter in how many parts the bytes came, nor how often the server was started in between, and what is
 * named is what the disk holds.
 *
 * A failure that may pass leaves the upload as it is, to be completed when the sender asks again; a refusal ends it. The
 * caller has the lock.
 */
export async function completeUpload(context: RegistryContext, row: UploadRow): Promise<Upload> {
  try {
    const place = await receivingPlace(context, row.package_id);
    const digests = await digestsOf(context, row);
    checkExpected(row.relative_path, digests, {
      ...(row.expected_sha256 === null ? {} : { sha256: row.expected_sha256 }),
      ...(row.expected_content_address === null ? {} : { contentAddress: row.expected_content_address }),
    });
    const file = {
      ...digests,
      ...(await bytesOf(row, digests.sizeBytes, place)),
      path: row.relative_path,
      ...(row.media_type === null ? {} : { mediaType: row.media_type }),
    };
    const [added] = await addFiles(context, row.package_id, [file], place);
    const fileId = added?.fileId ?? null;
    await writeTogether(context.database, (writer) =>
      writer.run(sql`UPDATE ${uploads} SET file_id = ${fileId} WHERE id = ${row.id}`),
    );
    removeQuietly(row.temporary_path);
    return describeUpload({ ...row, file_id: fileId });
  } catch (error) {
    if (isRefusal(error)) await removeUpload(context, row);
    throw error;
  }
}

/** The upload and its file, from the outside in: a file without a row is a leftover, which `doctor` finds. */
export async function removeUpload(context: RegistryContext, row: UploadRow): Promise<void> {
  await writeTogether(context.database, (writer) =>
    writer.run(sql`DELETE FROM ${uploads} WHERE id = ${row.id}`),
  );
  removeQuietly(row.temporary_path);
}

async function digestsOf({ threads }: RegistryContext, row: UploadRow) {
  const absolutePath = row.temporary_path;
  const stat = lstatSync(absolutePath);
  const source: SourceFile = { path: row.relative_path, absolutePath, ...sourceIdentity(stat) };
  const isPaired = stat.size >= PAIR_MIN_BYTES && threads.threads >= 2;
  const { blake3, sha256 } = isPaired
    ? await threads.runPair(source, undefined)
    : split((await threads.run({ kind: "large", source, temporaryPath: undefined })).digests);
  return { address: contentAddress(blake3), sha256: bytesToHex(sha256), sizeBytes: stat.size };
}

async function bytesOf(
  { temporary_path: path }: UploadRow,
  sizeBytes: number,
  place: ReceivingPlace,
): Promise<Pick<ReceivedBody, "bytes" | "temporaryPath">> {
  if (sizeBytes <= place.smallMaxBytes) return { bytes: await readFile(path), temporaryPath: undefined };
  return { bytes: undefined, temporaryPath: await secondName(path, place) };
}

function split(digests: Uint8Array) {
  return { blake3: digests.subarray(0, 32), sha256: digests.subarray(32, 64) };
}

/**
 * What stores the file takes it over, or removes it when it fails. A second name keeps the bytes for another try; where
 * there are no hard links, a failure costs the upload.
 */
async function secondName(path: string, { temporaryPath }: ReceivingPlace): Promise<string> {
  const second = temporaryPath();
  try {
    await link(path, second);
    return second;
  } catch {
    return path;
  }
}

/** What the same bytes would meet again. Those of servers (5xx) and locks pass; so do the unknown ones. */
function isRefusal(error: unknown): boolean {
  if (!isArtifactstoreError(error)) return false;
  const { status } = ERRORS[error.code];
  return status < 500 && error.code !== "upload_busy";
}
