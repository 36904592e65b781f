import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../../core/errors.ts";
import { UPLOAD_EXPIRY_MS, UPLOAD_METADATA_MAX_BYTES, UPLOADS_OPEN_MAX } from "../../core/limits.ts";
import { formatTimestamp } from "../../core/timestamp.ts";
import { utf8Length } from "../../core/utf8-length.ts";
import { removeQuietly } from "../../dataplane/store-blobs.ts";
import { writeFailure } from "../../dataplane/write-failure.ts";
import { uploads } from "../../db/request-tables.ts";
import { writeTogether } from "../../db/write-together.ts";
import { checkIncoming, type IncomingFile } from "../add-file.ts";
import { receivingPlace } from "../add-files.ts";
import type { RegistryContext } from "../registry-context.ts";
import { appendUpload } from "./append-upload.ts";
import type { Upload } from "./upload.ts";

/** A file that will arrive in several requests. */
export interface UploadRequest extends Omit<IncomingFile, "signal" | "annotations"> {
  /** Of the whole file. Bytes. */
  readonly sizeBytes: number;
  /** Given back as it is. */
  readonly metadata: string;
}

const COLUMNS = [
  "id",
  "package_id",
  "relative_path",
  "media_type",
  "expected_sha256",
  "expected_content_address",
  "metadata",
  "size_bytes",
  "offset_bytes",
  "temporary_path",
  "created_at",
  "expires_at",
];

/**
 * Begins a resumable upload of one file into a package that is not finalized. The file lies where an upload in one request
 * would be received, under a name of its own, until it is whole. Nothing of the upload is in the log.
 *
 * Throws what refuses the file before its first byte (`addFile`), and `limit_exceeded`.
 */
export async function createUpload(
  context: RegistryContext,
  packageId: string,
  request: UploadRequest,
): Promise<Upload> {
  checkIncoming(request);
  checkSizes(request);
  const { temporaryPath } = await receivingPlace(context, packageId);
  const path = temporaryPath();
  await makeFile(path);
  const id = context.newRandomId();
  try {
    await insert(context, id, packageId, path, request);
  } catch (error) {
    removeQuietly(path);
    throw error;
  }
  // An empty file is whole already.
  return await appendUpload(context, id, { offsetBytes: 0 }, none());
}

async function insert(
  context: RegistryContext,
  id: string,
  packageId: string,
  temporaryPath: string,
  { path, mediaType, expected = {}, metadata, sizeBytes }: UploadRequest,
): Promise<void> {
  const now = context.clock();
  await writeTogether(context.database, async (writer) => {
    const open = await writer.get<{ n: number }>(sql`SELECT count(*) AS n FROM ${uploads}`);
    if ((open?.n ?? 0) >= UPLOADS_OPEN_MAX) {
      throw new ArtifactstoreError(
        "limit_exceeded",
        `Cannot begin an upload: ${UPLOADS_OPEN_MAX} are open already`,
      );
    }
    await writer.insert(uploads, COLUMNS, [
      [
        id,
        packageId,
        path,
        mediaType ?? null,
        expected.sha256 ?? null,
        expected.contentAddress ?? null,
        metadata,
        sizeBytes,
        0,
        temporaryPath,
        formatTimestamp(now),
        formatTimestamp(now + UPLOAD_EXPIRY_MS),
      ],
    ]);
  });
}

function checkSizes({ path, sizeBytes, maxBytes, metadata }: UploadRequest): void {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new ArtifactstoreError("invalid_input", `Cannot begin an upload: "${sizeBytes}" is no size`);
  }
  if (sizeBytes > maxBytes) {
    throw new ArtifactstoreError(
      "limit_exceeded",
      `Cannot receive "${path}": it has ${sizeBytes} bytes, more than ${maxBytes}`,
    );
  }
  if (utf8Length(metadata) > UPLOAD_METADATA_MAX_BYTES) {
    throw new ArtifactstoreError(
      "limit_exceeded",
      `Cannot begin an upload: its metadata has more than ${UPLOAD_METADATA_MAX_BYTES} bytes`,
    );
  }
}

async function makeFile(path: string): Promise<void> {
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
    await (await open(path, flags, 0o600)).close();
  } catch (cause) {
    throw writeFailure(path, cause);
  }
}

async function* none(): AsyncGenerator<Uint8Array> {
  // No bytes.
}
