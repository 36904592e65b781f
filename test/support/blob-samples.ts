import { blake3 } from "@noble/hashes/blake3.js";
import { type ContentAddress, contentAddress } from "../../src/core/content-address.ts";
import { SeededRandom } from "./random-bytes.ts";

/** A blob and its true name. */
export interface BlobSample {
  readonly address: ContentAddress;
  readonly bytes: Uint8Array;
}

/** The same blob for the same seed and size. */
export function blobSample(seed: number, sizeBytes: number): BlobSample {
  const bytes = new Uint8Array(sizeBytes);
  new SeededRandom(seed).fill(bytes);
  return { address: contentAddress(blake3(bytes)), bytes };
}

/** `count` different blobs of one size. */
export function blobSamples(seed: number, count: number, sizeBytes: number): BlobSample[] {
  return Array.from({ length: count }, (_, index) => blobSample(seed * 100_003 + index, sizeBytes));
}

/** A stream of the bytes in chunks of this size, each yielded after a turn of the event loop. */
export async function* streamOf(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    yield bytes.slice(at, at + chunkBytes);
  }
}

/** All chunks in one piece, and how long the longest was. */
export async function collect(
  chunks: AsyncIterable<Uint8Array> | undefined,
): Promise<{ readonly bytes: Uint8Array; readonly longestChunkBytes: number } | undefined> {
  if (chunks === undefined) return undefined;
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const longestChunkBytes = Math.max(0, ...parts.map((part) => part.length));
  return { bytes: new Uint8Array(Buffer.concat(parts)), longestChunkBytes };
}

/** All that a list yields. */
export async function listed<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}
