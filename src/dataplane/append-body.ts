import { createHash, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { equalBytes } from "../core/equal-bytes.ts";
import { ArtifactstoreError, isArtifactstoreError } from "../core/errors.ts";
import { BodyReader } from "./body-reader.ts";
import type { IncomingBody } from "./receive-body.ts";
import { writeFailure } from "./write-failure.ts";

/** After so many bytes, or so long, they are brought to the disk and counted: what a crash costs at most. */
const CHECKPOINT_BYTES = 67_108_864;
const CHECKPOINT_MS = 5_000;

/** Gathered before they are written. */
const WRITE_BYTES = 1_048_576;

/** A sender's digest of the bytes of one part. */
export interface PartChecksum {
  readonly algorithm: "sha1" | "sha256";
  readonly digest: Uint8Array;
}

export interface AppendOptions {
  readonly path: string;
  /** What messages call the body. */
  readonly name: string;
  /** So many bytes of the file count; what lies behind them is cut off first. */
  readonly from: number;
  /** The file may grow to so much. Bytes. */
  readonly sizeMax: number;
  readonly checksum?: PartChecksum;
  /** Told of each length that has reached the disk. */
  readonly onDurable: (sizeBytes: number) => Promise<void>;
  /** Told of each chunk that came. Bytes. */
  readonly onReceived?: (sizeBytes: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Adds a part of a body to a file; answers the new length, which has reached the disk. A part that breaks off counts as
 * far as it came, unless it has a checksum; one whose checksum differs does not count at all, and one that is too long
 * no further than what had reached the disk before that showed.
 *
 * Throws `digest_mismatch` (broken off), `limit_exceeded`, `checksum_mismatch`, `storage_full`, `storage_read_only`,
 * `backend_unavailable`, or the signal's reason.
 */
export async function appendBody(body: IncomingBody, options: AppendOptions): Promise<number> {
  const { path, name, from } = options;
  const file = await attempt(name, () => open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0)));
  try {
    await attempt(name, () => file.truncate(from));
    return await new Appending(file, options).append(body);
  } finally {
    await file.close();
  }
}

class Appending {
  readonly #file: FileHandle;
  readonly #options: AppendOptions;
  readonly #hash: Hash | undefined;
  readonly #gathered = Buffer.allocUnsafeSlow(WRITE_BYTES);
  #filled = 0;
  /** Written, with what is gathered left out. */
  #position: number;
  #durable: number;
  #durableAt = performance.now();

  constructor(file: FileHandle, options: AppendOptions) {
    this.#file = file;
    this.#options = options;
    this.#hash = options.checksum === undefined ? undefined : createHash(options.checksum.algorithm);
    this.#position = options.from;
    this.#durable = options.from;
  }

  async append(body: IncomingBody): Promise<number> {
    const reader = new BodyReader(body, this.#options.signal);
    try {
      for (;;) {
        const chunk = await this.#next(reader);
        if (chunk === undefined) break;
        await this.#add(chunk);
      }
    } finally {
      reader.stop();
    }
    this.#checkSum();
    await this.#settle();
    return this.#position;
  }

  /** A body that breaks off is kept as far as it came. */
  async #next(reader: BodyReader): Promise<Uint8Array | undefined> {
    try {
      return await reader.next();
    } catch (cause) {
      if (this.#hash === undefined) await this.#settle();
      if (isArtifactstoreError(cause) || this.#options.signal?.aborted === true) throw cause;
      const state = `Cannot receive "${this.#options.name}": it broke off`;
      throw new ArtifactstoreError("digest_mismatch", state, { cause });
    }
  }

  async #add(chunk: Uint8Array): Promise<void> {
    const { sizeMax, name, from } = this.#options;
    if (this.#position + this.#filled + chunk.length > sizeMax) {
      throw new ArtifactstoreError(
        "limit_exceeded",
        `Cannot receive "${name}": the part from byte ${from} on runs over ${sizeMax} bytes`,
      );
    }
    this.#options.onReceived?.(chunk.length);
    this.#hash?.update(chunk);
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + WRITE_BYTES - this.#filled);
      this.#gathered.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === WRITE_BYTES) await this.#write();
    }
    if (this.#hash !== undefined) return;
    const isLate = performance.now() - this.#durableAt >= CHECKPOINT_MS;
    if (isLate || this.#position - this.#durable >= CHECKPOINT_BYTES) await this.#settle();
  }

  #checkSum(): void {
    const { checksum, name, from } = this.#options;
    if (checksum === undefined || this.#hash === undefined) return;
    if (equalBytes(this.#hash.digest(), checksum.digest)) return;
    throw new ArtifactstoreError(
      "checksum_mismatch",
      `Cannot receive "${name}": the ${checksum.algorithm} of the part from byte ${from} on differs`,
    );
  }

  async #settle(): Promise<void> {
    if (this.#filled > 0) await this.#write();
    if (this.#position > this.#durable) await this.#sync();
  }

  async #write(): Promise<void> {
    const { name } = this.#options;
    for (let at = 0; at < this.#filled; ) {
      const from = at;
      const { bytesWritten } = await attempt(name, () =>
        this.#file.write(this.#gathered, from, this.#filled - from, this.#position),
      );
      at += bytesWritten;
      this.#position += bytesWritten;
    }
    this.#filled = 0;
  }

  async #sync(): Promise<void> {
    await attempt(this.#options.name, () => this.#file.sync());
    this.#durable = this.#position;
    this.#durableAt = performance.now();
    await this.#options.onDurable(this.#durable);
  }
}

async function attempt<T>(name: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    throw writeFailure(name, cause);
  }
}
