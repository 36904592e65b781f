import type { ContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { BlobBody, ByteRange, PutOptions } from "./blob-store.ts";

/** The largest chunk that `get` yields. Bytes. */
export const CHUNK_MAX_BYTES = 1024 * 1024;

/**
 * The chunks of a body, as they come, refusing (`digest_mismatch`) a body that ends early or runs over. Stops at once
 * when the signal aborts, even while the source is silent.
 */
export async function* bodyChunks(
  address: ContentAddress,
  body: BlobBody,
  options: PutOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { size, signal } = options;
  signal?.throwIfAborted();
  if (body instanceof Uint8Array) {
    if (body.length !== size) throw wrongSize(address, size, body.length);
    yield body;
    return;
  }
  let received = 0;
  for await (const chunk of signal === undefined ? body : untilAborted(body, signal)) {
    received += chunk.length;
    if (received > size) throw wrongSize(address, size, received);
    yield chunk;
  }
  signal?.throwIfAborted();
  if (received !== size) throw wrongSize(address, size, received);
}

/** A small body in one piece. The bytes of a `Uint8Array` are not copied: the caller leaves them alone until `put` ends. */
export async function gatherBody(
  address: ContentAddress,
  body: BlobBody,
  options: PutOptions,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(options.size);
  let filled = 0;
  for await (const chunk of bodyChunks(address, body, options)) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes;
}

export function wrongSize(address: ContentAddress, size: number, received: number): ArtifactstoreError {
  const state =
    received > size
      ? `the body runs over ${size} bytes`
      : `the body ended after ${received} of ${size} bytes`;
  return new ArtifactstoreError("digest_mismatch", `Cannot store blob "${address}": ${state}`);
}

/** Clips a range to a blob of `size` bytes. Throws `invalid_input` unless `0 <= start <= end` in whole numbers. */
export function clipRange(range: ByteRange | undefined, size: number): ByteRange {
  if (range === undefined) return { start: 0, end: size };
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new ArtifactstoreError("invalid_input", `Cannot read bytes "${start}" to "${end}": not a range`);
  }
  return { start: Math.min(start, size), end: Math.min(end, size) };
}

/** Bytes in memory as the chunks that `get` promises; views, no copies. */
export async function* chunksOf(
  bytes: Uint8Array,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { start, end } = clipRange(range, bytes.length);
  for (let at = start; at < end; at += CHUNK_MAX_BYTES) {
    signal?.throwIfAborted();
    yield bytes.subarray(at, Math.min(at + CHUNK_MAX_BYTES, end));
  }
}

async function* untilAborted(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const source = body[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await Promise.race([source.next(), aborted.promise]);
      if (next.done === true) {
        ended = true;
        return;
      }
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    // Not awaited: a source that hangs in `next` would never answer.
    if (!ended) source.return?.()?.then(undefined, () => {});
  }
}
