import {
  closeSync,
  constants,
  fchmodSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { errorNumberName } from "./source-file.ts";
import { writeFailure } from "./write-failure.ts";

/**
 * A copy is handed to the disk after so many bytes, so that writing overlaps with reading and hashing and the fsync at
 * the end has little left to do.
 */
const WRITE_BACK_BYTES = 67_108_864;

/** Copies from this size on pass by the page cache where the file system lets them. Bytes. */
export const DIRECT_MIN_BYTES = 8_388_608;

/** Direct writes take whole blocks of memory and of the file; what is left at the end goes through the cache. */
const DIRECT_BLOCK_BYTES = 4_096;

/** As many bytes are best written at once: small direct writes wait for the disk too often. */
export const WRITE_BYTES = 4_194_304;

/** Copies are read-only when they are whole; until then only their owner may look. */
const MODE_WHILE_WRITTEN = 0o600;
const MODE_FINISHED = 0o444;

/** The calls that make a copy durable; tests let each of them fail. */
export interface CopyCalls {
  create(path: string, flags: number): number;
  /** Opens what `create` made once more, without direct writes. */
  reopen(path: string): number;
  write(descriptor: number, bytes: Uint8Array, position: number): number;
  flush(descriptor: number): void;
  protect(descriptor: number): void;
  sync(descriptor: number): void;
  close(descriptor: number): void;
  remove(path: string): void;
}

const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

export const copyCalls: CopyCalls = {
  create: (path, flags) =>
    openSync(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW | flags,
      MODE_WHILE_WRITTEN,
    ),
  reopen: (path) => openSync(path, constants.O_WRONLY | NO_FOLLOW),
  write: (descriptor, bytes, position) => writeSync(descriptor, bytes, 0, bytes.length, position),
  flush: (descriptor) => fdatasyncSync(descriptor),
  protect: (descriptor) => fchmodSync(descriptor, MODE_FINISHED),
  sync: (descriptor) => fsyncSync(descriptor),
  close: (descriptor) => closeSync(descriptor),
  remove: (path) => unlinkSync(path),
};

/**
 * A file being written from its beginning to its end, under a name that did not exist before.
 *
 * Large copies are written directly: evidence is written once and read much later, so passing it through the page cache
 * costs a copy and the cache of everybody else, and gains nothing. Where the file system, the runtime or the last few
 * bytes do not allow it, writing goes on through the cache at the same place.
 */
export class FileCopy {
  readonly #name: string;
  readonly #path: string;
  readonly #calls: CopyCalls;
  #descriptor: number | undefined;
  #direct: boolean;
  #position = 0;
  #unflushedBytes = 0;

  /** @param name what messages call it. Throws `storage_full`, `storage_read_only`, `backend_unavailable`. */
  constructor(name: string, path: string, sizeBytes: number, calls: CopyCalls = copyCalls) {
    this.#name = name;
    this.#path = path;
    this.#calls = calls;
    this.#direct = sizeBytes >= DIRECT_MIN_BYTES && (constants.O_DIRECT ?? 0) !== 0;
    this.#descriptor = this.#attempt(() => this.#create());
  }

  write(chunk: Uint8Array): void {
    this.#attempt(() => {
      if (this.#direct && chunk.length % DIRECT_BLOCK_BYTES !== 0) this.#goThroughCache();
      for (let rest = chunk; rest.length > 0; ) {
        const count = this.#writeOnce(rest);
        this.#position += count;
        rest = rest.subarray(count);
      }
      this.#unflushedBytes += chunk.length;
      if (!this.#direct && this.#unflushedBytes >= WRITE_BACK_BYTES) {
        this.#unflushedBytes = 0;
        this.#calls.flush(this.#open);
      }
    });
  }

  /** fsyncs and closes; the copy is complete and on the disk. */
  finish(): void {
    this.#attempt(() => {
      const open = this.#open;
      this.#calls.protect(open);
      this.#calls.sync(open);
      this.#descriptor = undefined;
      this.#calls.close(open);
    });
  }

  /** Closes and removes whatever there is. Never throws: the first failure is the one that counts. */
  discard(): void {
    try {
      if (this.#descriptor !== undefined) this.#calls.close(this.#descriptor);
    } catch {
      // The descriptor is gone either way.
    }
    try {
      this.#calls.remove(this.#path);
    } catch {
      // What cannot be removed is a leftover that `doctor` finds by its age.
    }
  }

  get #open(): number {
    if (this.#descriptor === undefined) throw new Error("the copy is closed");
    return this.#descriptor;
  }

  #create(): number {
    if (!this.#direct) return this.#calls.create(this.#path, 0);
    try {
      return this.#calls.create(this.#path, constants.O_DIRECT);
    } catch (error) {
      if (!isNotDirect(error)) throw error;
      this.#direct = false;
      // Some file systems refuse the flag only after they have made the file.
      try {
        this.#calls.remove(this.#path);
      } catch (absent) {
        if (errorNumberName(absent) !== "ENOENT") throw absent;
      }
      return this.#calls.create(this.#path, 0);
    }
  }

  #writeOnce(bytes: Uint8Array): number {
    try {
      return this.#calls.write(this.#open, bytes, this.#position);
    } catch (error) {
      if (!this.#direct || !isNotDirect(error)) throw error;
      this.#goThroughCache();
      return this.#calls.write(this.#open, bytes, this.#position);
    }
  }

  #goThroughCache(): void {
    this.#direct = false;
    const direct = this.#open;
    this.#descriptor = this.#calls.reopen(this.#path);
    this.#calls.close(direct);
  }

  #attempt<T>(step: () => T): T {
    try {
      return step();
    } catch (cause) {
      throw writeFailure(this.#name, cause);
    }
  }
}

/** The file system or the memory is not one for direct writes. Deno hides the number in its message. */
function isNotDirect(error: unknown): boolean {
  return (
    errorNumberName(error) === "EINVAL" || (error instanceof Error && error.message.includes("os error 22"))
  );
}
