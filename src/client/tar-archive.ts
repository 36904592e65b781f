import { formatTarEntryHead } from "../core/tar-entry-head.ts";
import { TAR_BLOCK_BYTES, tarPadding } from "../core/tar-header.ts";

/** A file whose bytes are in memory. */
export interface FileInMemory {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Many small files as one tar archive, to be sent in one request. */
export function tarArchive(files: readonly FileInMemory[]): Uint8Array<ArrayBuffer> {
  const heads = files.map(({ path, bytes }) => [...formatTarEntryHead(path, bytes.length)]);
  let length = 2 * TAR_BLOCK_BYTES;
  files.forEach(({ bytes }, index) => {
    for (const part of heads[index] ?? []) length += part.length;
    length += bytes.length + tarPadding(bytes.length);
  });
  // What is not written stays zero: padding, and the two blocks that end an archive.
  const archive = new Uint8Array(length);
  let at = 0;
  files.forEach(({ bytes }, index) => {
    for (const part of heads[index] ?? []) {
      archive.set(part, at);
      at += part.length;
    }
    archive.set(bytes, at);
    at += bytes.length + tarPadding(bytes.length);
  });
  return archive;
}
