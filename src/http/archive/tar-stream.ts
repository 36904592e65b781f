import { formatTarEntryHead } from "../../core/tar-entry-head.ts";
import { TAR_BLOCK_BYTES, tarPadding } from "../../core/tar-header.ts";

/** One file on its way into an archive. */
export interface TarFile {
  readonly path: string;
  /** Bytes. */
  readonly sizeBytes: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/** What ends an archive. */
const END = new Uint8Array(2 * TAR_BLOCK_BYTES);

/** Chunks up to this size are gathered, so that small files are not sent as thousands of writes. Bytes. */
const GATHERED_BYTES = 256 * 1024;

/** A pax archive (POSIX.1-2017) of files in their order, as it is sent; nothing of it is kept. */
export function tarStream(
  files: AsyncIterable<TarFile>,
  modifiedAtSeconds: number,
): AsyncGenerator<Uint8Array> {
  return gathered(tarParts(files, modifiedAtSeconds));
}

async function* tarParts(
  files: AsyncIterable<TarFile>,
  modifiedAtSeconds: number,
): AsyncGenerator<Uint8Array> {
  for await (const file of files) {
    yield* formatTarEntryHead(file.path, file.sizeBytes, modifiedAtSeconds);
    yield* file.chunks();
    const padding = tarPadding(file.sizeBytes);
    if (padding > 0) yield END.subarray(0, padding);
  }
  yield END;
}

async function* gathered(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const part of parts) {
    waiting.push(part);
    length += part.length;
    if (length < GATHERED_BYTES) continue;
    yield waiting.length === 1 ? part : Buffer.concat(waiting);
    waiting = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(waiting);
}
