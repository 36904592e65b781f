import { constants } from "node:fs";
import type { ContentAddress } from "../../core/content-address.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import type { GetOptions } from "../blob-store.ts";
import { CHUNK_MAX_BYTES, clipRange } from "../body.ts";
import { attempt, systemCode } from "./failure.ts";
import type { LocalFile } from "./file-system.ts";
import { regular } from "./find.ts";
import type { LocalParts } from "./parts.ts";
import { blobPath } from "./paths.ts";

/** A blob must not lead elsewhere: whoever can plant a link in the store could make us serve any file as evidence. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Opens a plain blob. The file is held open until the chunks are read or given up, so a removal does not cut it. */
export async function readPlain(
  parts: LocalParts,
  address: ContentAddress,
  options: GetOptions,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const action = `read blob "${address}"`;
  const file = await openPlain(parts, address, action);
  if (file === undefined) return undefined;
  try {
    const facts = regular(address, await attempt(action, () => file.stat()));
    const { start, end } = clipRange(options.range, facts?.size ?? 0);
    if (end - start > CHUNK_MAX_BYTES) return new FileChunks(file, action, start, end, options.signal);
    // Small: read at once, so that nothing stays open for a reader that never comes.
    const bytes = await readChunk(file, action, start, end);
    await file.close();
    return oneChunk(bytes, options.signal);
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
}

async function openPlain(
  parts: LocalParts,
  address: ContentAddress,
  action: string,
): Promise<LocalFile | undefined> {
  try {
    return await parts.fileSystem.open(blobPath(parts.root, address), READ_FLAGS);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    return await attempt(action, () => Promise.reject(error));
  }
}

async function* oneChunk(bytes: Uint8Array, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  if (bytes.length > 0) yield bytes;
}

/** Fills a chunk; shorter if the file ends early. A medium that fails under it is damage of this blob. */
async function readChunk(file: LocalFile, action: string, start: number, end: number): Promise<Uint8Array> {
  const chunk = new Uint8Array(Math.min(end - start, CHUNK_MAX_BYTES));
  let filled = 0;
  while (filled < chunk.length) {
    const count = await readSome(file, action, chunk.subarray(filled), start + filled);
    if (count === 0) break;
    filled += count;
  }
  return chunk.subarray(0, filled);
}

async function readSome(
  file: LocalFile,
  action: string,
  into: Uint8Array,
  position: number,
): Promise<number> {
  try {
    return await file.read(into, position);
  } catch (error) {
    if (systemCode(error) !== "EIO") return await attempt(action, () => Promise.reject(error));
    throw new ArtifactstoreError("store_damaged", `Cannot ${action}: the medium fails at byte ${position}`, {
      cause: error,
    });
  }
}

/** The chunks of an open file, one read ahead of the reader. Ending, giving up and failing all close the file. */
class FileChunks implements AsyncIterableIterator<Uint8Array> {
  readonly #file: LocalFile;
  readonly #action: string;
  readonly #end: number;
  readonly #signal: AbortSignal | undefined;
  #at: number;
  #ahead: Promise<Uint8Array> | undefined;
  #closed = false;

  constructor(file: LocalFile, action: string, start: number, end: number, signal: AbortSignal | undefined) {
    this.#file = file;
    this.#action = action;
    this.#at = start;
    this.#end = end;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#closed) return { done: true, value: undefined };
    try {
      this.#signal?.throwIfAborted();
      const chunk = await (this.#ahead ?? this.#read());
      this.#at += chunk.length;
      if (chunk.length === 0) return await this.return();
      this.#ahead = this.#at < this.#end ? this.#read() : undefined;
      // A failure of the read ahead belongs to the next call; it must not count as unhandled until then.
      this.#ahead?.catch(() => {});
      if (this.#ahead === undefined) await this.#close();
      return { done: false, value: chunk };
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    await this.#close();
    return { done: true, value: undefined };
  }

  #read(): Promise<Uint8Array> {
    return readChunk(this.#file, this.#action, this.#at, this.#end);
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#ahead?.catch(() => {});
    await this.#file.close().catch(() => {});
  }
}
