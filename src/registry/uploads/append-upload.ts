import { lstatSync } from "node:fs";
import { sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../../core/errors.ts";
import { UPLOAD_EXPIRY_MS } from "../../core/limits.ts";
import { formatTimestamp } from "../../core/timestamp.ts";
import { appendBody, type PartChecksum } from "../../dataplane/append-body.ts";
import type { IncomingBody } from "../../dataplane/receive-body.ts";
import { type UploadRow, uploads } from "../../db/request-tables.ts";
import { writeTogether } from "../../db/write-together.ts";
import type { RegistryContext } from "../registry-context.ts";
import { completeUpload, removeUpload } from "./complete-upload.ts";
import { describeUpload, readUpload, type Upload } from "./upload.ts";
import { busy, lockUpload, type UploadLock } from "./upload-lock.ts";

export interface UploadPart {
  /** Where the sender believes that the part begins. Bytes. */
  readonly offsetBytes: number;
  readonly checksum?: PartChecksum;
  readonly signal?: AbortSignal;
}

/**
 * Receives the next part of an upload; with the last one the file is added to its package. What is answered as received
 * has reached the disk. A part that breaks off counts as far as it came, unless it has a checksum.
 *
 * Throws `upload_not_found`, `upload_offset_conflict`, `upload_busy`, what `appendBody` throws, and, with the last part,
 * what `addFiles` throws and `digest_mismatch`.
 */
export async function appendUpload(
  context: RegistryContext,
  uploadId: string,
  part: UploadPart,
  body: IncomingBody,
): Promise<Upload> {
  return await withLock(context, uploadId, async ({ row, signal }) => {
    if (row.offset_bytes !== part.offsetBytes) {
      throw new ArtifactstoreError(
        "upload_offset_conflict",
        `Cannot write to upload "${uploadId}" from byte ${part.offsetBytes} on: it has ${row.offset_bytes} bytes`,
      );
    }
    if (row.file_id !== null) return describeUpload(row);
    await refuseLost(context, row);
    let expiresAt = row.expires_at;
    const offset = await appendBody(body, {
      path: row.temporary_path,
      name: row.relative_path,
      from: row.offset_bytes,
      sizeMax: row.size_bytes,
      ...(part.checksum === undefined ? {} : { checksum: part.checksum }),
      onDurable: async (sizeBytes) => {
        expiresAt = await moveOffset(context, uploadId, sizeBytes);
      },
      onReceived: (sizeBytes) => context.threads.receptions.relieve(sizeBytes, context.collectGarbage),
      signal: part.signal === undefined ? signal : AbortSignal.any([signal, part.signal]),
    });
    const now = { ...row, offset_bytes: offset, expires_at: expiresAt };
    return offset === row.size_bytes ? await completeUpload(context, now) : describeUpload(now);
  });
}

/**
 * Where an upload stands. One whose last byte arrived just before a crash is completed now: a sender that sees all of its
 * bytes here takes the file for added. Throws as `appendUpload` does.
 */
export async function findUpload(context: RegistryContext, uploadId: string): Promise<Upload> {
  const found = await context.database.read((reader) => readUpload(context, reader, uploadId));
  if (found.file_id !== null || found.offset_bytes < found.size_bytes) return describeUpload(found);
  return await withLock(context, uploadId, async ({ row }) =>
    row.file_id === null ? await complete(context, row) : describeUpload(row),
  );
}

async function complete(context: RegistryContext, row: UploadRow): Promise<Upload> {
  await refuseLost(context, row);
  return await completeUpload(context, row);
}

/** A file that is gone, or shorter than what was counted, cannot be gone on with: the sender begins anew. */
async function refuseLost(context: RegistryContext, row: UploadRow): Promise<void> {
  const size = lstatSync(row.temporary_path, { throwIfNoEntry: false })?.size ?? -1;
  if (size >= row.offset_bytes) return;
  await removeUpload(context, row);
  throw new ArtifactstoreError("upload_not_found", `Cannot write to upload "${row.id}": its file was lost`);
}

async function withLock<T>(
  context: RegistryContext,
  uploadId: string,
  work: (lock: UploadLock) => Promise<T>,
): Promise<T> {
  const lock = await lockUpload(context, uploadId);
  try {
    return await work(lock);
  } finally {
    await lock.release();
  }
}

/**
 * The bytes are durable before they are counted; a count that a power cut takes back only means sending some again.
 * Answers when the upload expires now.
 */
async function moveOffset(context: RegistryContext, uploadId: string, offsetBytes: number): Promise<string> {
  const expiresAt = formatTimestamp(context.clock() + UPLOAD_EXPIRY_MS);
  const counted = await writeTogether(
    context.database,
    (writer) =>
      writer.run(sql`UPDATE ${uploads} SET offset_bytes = ${offsetBytes}, expires_at = ${expiresAt}
        WHERE id = ${uploadId} AND locked_by = ${context.holder}`),
    { isPassing: true },
  );
  // This process was suspended for so long that another one has the upload now, or it was given up.
  if (counted === 0) throw busy(uploadId);
  return expiresAt;
}
