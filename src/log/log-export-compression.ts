import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  createGunzip,
  createGzip,
  createZstdCompress,
  createZstdDecompress,
  type Gunzip,
  type ZstdDecompress,
} from "node:zlib";
import type { LogExportCompression } from "../core/log-export.ts";
import { ZstdFrameEnd } from "./zstd-frame-end.ts";

/** Thrown for compressed bytes that are cut or changed; never crosses a border. */
export class CompressionDamage extends Error {}

/** Given out at a time. What a few bytes expand to is made no faster than it is taken. Bytes. */
const CHUNK_BYTES = 128 * 1024;

/** First bytes of gzip (RFC 1952 section 2.3.1) and of a Zstandard frame (RFC 8878 section 3.1.1). */
const GZIP_MAGIC = [0x1f, 0x8b];
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

export function compressed(
  chunks: AsyncIterable<Uint8Array>,
  compression: LogExportCompression | undefined,
): AsyncIterable<Uint8Array> {
  switch (compression) {
    case "gzip":
      return through(chunks, createGzip({ chunkSize: CHUNK_BYTES }));
    case "zstd":
      return through(chunks, createZstdCompress({ chunkSize: CHUNK_BYTES }));
    default:
      return chunks;
  }
}

/** Compressed or not, found out by the first bytes. */
export async function* decompressed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  let first: Uint8Array = new Uint8Array(0);
  while (first.length < ZSTD_MAGIC.length) {
    const next = await iterator.next();
    if (next.done === true) break;
    first = Buffer.concat([first, next.value]);
  }
  const all = (async function* () {
    yield first;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  })();
  if (beginsWith(first, GZIP_MAGIC)) yield* expanded(all, createGunzip({ chunkSize: CHUNK_BYTES }));
  else if (beginsWith(first, ZSTD_MAGIC)) {
    const end = new ZstdFrameEnd();
    yield* expanded(followed(all, end), createZstdDecompress({ chunkSize: CHUNK_BYTES }));
    if (!end.isReached) throw new CompressionDamage("it ends within a Zstandard frame");
  } else yield* all;
}

async function* followed(chunks: AsyncIterable<Uint8Array>, end: ZstdFrameEnd): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    end.take(chunk);
    yield chunk;
  }
}

/** Tells a file that cannot be read from one whose bytes are wrong. */
async function* expanded(
  chunks: AsyncIterable<Uint8Array>,
  transform: Gunzip | ZstdDecompress,
): AsyncGenerator<Uint8Array> {
  let unread: { readonly error: unknown } | undefined;
  const source = (async function* () {
    try {
      yield* chunks;
    } catch (error) {
      unread = { error };
      throw error;
    }
  })();
  try {
    yield* through(source, transform);
  } catch (error) {
    if (unread !== undefined) throw unread.error;
    throw new CompressionDamage(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function* through(
  chunks: AsyncIterable<Uint8Array>,
  transform: NodeJS.ReadWriteStream & AsyncIterable<Uint8Array | string>,
): AsyncGenerator<Uint8Array> {
  // What fails here destroys the transform, and so is thrown where that is read.
  const feeding = pipeline(Readable.from(chunks), transform).catch(() => undefined);
  for await (const chunk of transform) yield chunk as Uint8Array;
  await feeding;
}

function beginsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}
