import type { ContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { parseUuid } from "../core/uuid.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import type { PackageRow } from "../db/view-tables.ts";
import type { ByteRange } from "../storage/blob-store.ts";
import { routeFor } from "../storage/routes.ts";
import { type FileWithLocations, fileWithLocations } from "../views/query-files.ts";
import { packageById } from "../views/query-packages.ts";
import { chunkStream, startedStream } from "./chunk-stream.ts";
import { copiesOf, type ReadCopiesOptions, readCopies } from "./read-copies.ts";
import { refuseUnreadable } from "./readable-package.ts";
import type { RegistryContext } from "./registry-context.ts";

/** A file of a finalized package, ready to be read any number of times. */
export interface DownloadableFile {
  readonly file: FileWithLocations;
  readonly package: PackageRow;
  /** Bytes. */
  readonly size: number;
  readonly address: ContentAddress;
  /** Hex. */
  readonly sha256: string;
  readonly mediaType: string;
  /**
   * The bytes, read as they are asked for. Whole: the last chunk is withheld until the digest is right, and a file of up
   * to 1 MiB is checked before its first byte. A range (half-open, cut at the end of the file): size and length alone.
   * Errors with `blob_missing`, `blob_damaged`, `backend_unavailable`.
   */
  stream(range?: ByteRange, signal?: AbortSignal): ReadableStream<Uint8Array>;
  /** The same once its first bytes are in hand: what fails before them rejects here, and can be answered as an error. */
  open(range?: ByteRange, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

/**
 * Throws `invalid_input`, `file_not_found`, `package_state` (its package is not finalized), `package_deleted`.
 */
export async function downloadFile(context: RegistryContext, fileId: string): Promise<DownloadableFile> {
  parseUuid(fileId, "file id");
  const { file, row } = await context.database.read((reader) => findFile(reader, fileId));
  refuseUnreadable(row, `Cannot download file "${fileId}"`);
  const route = routeFor(context.routes, row.producer, row.retention_class);
  const copies = copiesOf(context, file, route);
  const chunks = (range?: ByteRange, signal?: AbortSignal) => {
    const options: ReadCopiesOptions = {
      ...(range === undefined
        ? {}
        : { range: { start: range.start, end: Math.min(range.end, file.size_bytes) } }),
      ...(signal === undefined ? {} : { signal }),
    };
    return readCopies(context, file, copies, options);
  };
  return {
    file,
    package: row,
    size: file.size_bytes,
    address: file.content_address as ContentAddress,
    sha256: file.digest_sha256,
    mediaType: file.media_type,
    stream: (range, signal) => chunkStream(chunks(range, signal)),
    open: (range, signal) => startedStream(chunks(range, signal)),
  };
}

/** Throws `file_not_found`. */
export async function findFile(
  reader: DatabaseReader,
  fileId: string,
): Promise<{ readonly file: FileWithLocations; readonly row: PackageRow }> {
  const file = await fileWithLocations(reader, fileId);
  const row = file === undefined ? undefined : await packageById(reader, file.package_id);
  if (file === undefined || row === undefined) {
    throw new ArtifactstoreError("file_not_found", `Cannot find file "${fileId}": there is none`);
  }
  return { file, row };
}
