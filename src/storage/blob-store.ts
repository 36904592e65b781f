import type { ContentAddress } from "../core/content-address.ts";

/**
 * Where blobs live. This file is the specification; `test/contract/blob-store.ts` holds every adapter and every
 * decorator to it.
 *
 * Guarantees of every store:
 *
 * - Durable when resolved: when `put` resolves, the blob and the name that finds it survive a power cut.
 * - Atomic: a blob is visible whole or not at all, to this process and to others, whatever happens during `put`.
 * - Read after write: what `put` or `delete` did is seen by every later call, from any process.
 * - Immutable: a name never changes its bytes. A second `put` of a blob of the right size succeeds and rewrites
 *   nothing; one of a wrong size is replaced.
 * - Names are content addresses and nothing else. A store never hashes and never sees a package: digests and sizes
 *   are checked above it, once, in `dataplane/`.
 * - Absence is a value (`undefined`, `false`), never an error. Failure is an `ArtifactstoreError` of code
 *   `backend_unavailable`, `storage_full`, `storage_read_only` or `store_damaged`, with its `cause`.
 * - Every method may be called many times at once. An aborted call leaves nothing visible behind.
 */
export interface BlobStore {
  readonly properties: BlobStoreProperties;

  /**
   * Stores a blob. Resolves once it is durable and visible whole. `size` is the number of bytes that `body` yields; a
   * body that ends early or runs over is refused (`digest_mismatch`) and leaves nothing. After a failed fsync the
   * bytes are written anew under another temporary name: pages that failed to reach the disk are never trusted again.
   */
  put(address: ContentAddress, body: BlobBody, options: PutOptions): Promise<void>;

  /** The bytes, or a range of them, as chunks of at most 1 MiB. `undefined` if there is no such blob. */
  get(address: ContentAddress, options?: GetOptions): Promise<AsyncIterable<Uint8Array> | undefined>;

  /** Size and age, without reading the bytes. `undefined` if there is no such blob. */
  stat(address: ContentAddress): Promise<BlobStat | undefined>;

  /** Removes a blob durably; answers whether there was one. Removing what is not there is no error. */
  delete(address: ContentAddress): Promise<boolean>;

  /**
   * Every blob once, in order of address, holding no more than one page in memory. A damaged store yields all that can
   * still be read and throws `store_damaged` at the end. A blob that moves between two forms (`pack`, `unpack`) while
   * the list runs may be left out; `stat` and `get` always find it.
   */
  list(options?: ListOptions): AsyncIterable<BlobEntry>;

  /** Never throws: a store that cannot be reached says so in the answer. */
  health(): Promise<BlobStoreHealth>;
}

export interface BlobStoreProperties {
  /** The adapter's kind: `local`, `s3`, `memory`. */
  readonly kind: string;
  /** Blobs up to this size are best given to `put` as one `Uint8Array`; larger ones as a stream. Bytes. */
  readonly smallBlobMaxBytes: number;
  /** How many calls of `put` it pays to have under way at once. */
  readonly putConcurrency: number;
}

/** A blob's bytes: all at once, or as a stream that is read once. */
export type BlobBody = Uint8Array | AsyncIterable<Uint8Array>;

export interface PutOptions {
  /** Bytes. */
  readonly size: number;
  readonly signal?: AbortSignal;
}

/** Half-open range of bytes, `0 <= start <= end`; what lies past the end of the blob is left out. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface GetOptions {
  readonly range?: ByteRange;
  readonly signal?: AbortSignal;
}

export interface BlobStat {
  /** Bytes. */
  readonly size: number;
  /** When the blob became visible, by the clock of the store; milliseconds since 1970. */
  readonly modifiedAt: number;
  /** How the store keeps it, for people: `file`, `container`, `object`, `memory`. */
  readonly form: string;
}

export interface ListOptions {
  /** Only addresses greater than this one. */
  readonly after?: ContentAddress;
}

export interface BlobEntry extends BlobStat {
  readonly address: ContentAddress;
}

export interface BlobStoreHealth {
  readonly healthy: boolean;
  readonly detail: string;
  readonly freeBytes?: number;
  readonly totalBytes?: number;
}

/**
 * A second, optional role of stores whose blobs are files on this host: they take over a file that is already
 * complete and fsynced instead of copying its bytes. The data plane writes such a file while it hashes, so that each
 * source byte is read once and written once.
 */
export interface BlobIntake {
  /** A path, on the store's file system, at which the caller creates (exclusively) and fills a file. */
  temporaryPath(): string;
  /**
   * Makes the file at `temporaryPath` the blob. The caller has fsynced the file. Resolves once the name is durable
   * too (rename, then fsync of the directory; many calls at once share the cost). If the blob is already there at
   * the right size, the file is removed and nothing else changes.
   */
  adopt(address: ContentAddress, size: number, temporaryPath: string): Promise<void>;
}

/**
 * A third role: the marker that says which registry owns the backend (`store.json`).
 */
export interface StoreMarkerSlot {
  /** The marker's text, or `undefined`. */
  read(): Promise<string | undefined>;
  /** Writes the marker durably if there is none; answers false, changing nothing, if there is one. */
  create(text: string): Promise<boolean>;
  /** Replaces the marker durably; for `storage adopt`. */
  replace(text: string): Promise<void>;
  /** Whether the backend holds anything but a marker. */
  isEmpty(): Promise<boolean>;
}

/**
 * An optional role of stores that answer many questions at once far cheaper than one by one (a local container: 10,000
 * in some 20 ms, a third of the time of single calls).
 */
export interface BulkStat {
  /** In the order asked; `undefined` where there is no such blob. Any number of addresses, repeated ones too. */
  statMany(addresses: readonly ContentAddress[]): Promise<(BlobStat | undefined)[]>;
}

/**
 * An optional role of stores that make many small blobs durable together far cheaper than one by one. The same as `put`
 * of each, with all its guarantees; resolves when all are durable. When it rejects, some of them may be stored.
 */
export interface BulkPut {
  /** Any number of blobs, no address twice. */
  putMany(blobs: readonly WholeBlob[], options?: PutManyOptions): Promise<void>;
}

export interface WholeBlob {
  readonly address: ContentAddress;
  readonly bytes: Uint8Array;
}

export interface PutManyOptions {
  readonly signal?: AbortSignal;
}

/**
 * An optional role of stores that keep small blobs in a container and large ones as files. Blobs keep their addresses
 * and bytes, so no event speaks of any of this. The new copy is durable before the old one goes: stopped at any point,
 * each blob is in at least one place, and a rerun completes.
 */
export interface BlobPacking {
  /** Moves plain blobs up to the configured size into the container. */
  pack(options?: PackingOptions): Promise<PackingReport>;
  /** Moves every blob of the container out into a plain file. */
  unpack(options?: PackingOptions): Promise<PackingReport>;
  /** Reads the whole container; yields what is wrong with it, each affected blob by name where its name survives. */
  check(options?: ContainerCheckOptions): AsyncIterable<ContainerProblem>;
  /**
   * Copies what is readable into a new container, which takes the old one's place; the old file is kept beside it
   * under the name answered. A blob that was dropped is absent afterwards and can be put again. Throws
   * `backend_unavailable` while another process has the container open.
   */
  repair(options?: ContainerCheckOptions): Promise<ContainerRepair>;
}

export interface PackingOptions {
  readonly signal?: AbortSignal;
  /** Called after each durable batch with the totals so far. */
  readonly onProgress?: (report: PackingReport) => void;
}

export interface PackingReport {
  readonly movedCount: number;
  readonly movedBytes: number;
}

export interface ContainerCheckOptions {
  readonly signal?: AbortSignal;
  /** Whether the bytes are the blob's. A store does not hash, so without this only structure and sizes are checked. */
  readonly isGenuine?: (address: ContentAddress, bytes: Uint8Array) => boolean;
}

export interface ContainerProblem {
  /** The blob it is about; absent when the damage hides the name, or touches no blob in particular. */
  readonly address?: ContentAddress;
  readonly detail: string;
}

export interface ContainerRepair {
  readonly keptCount: number;
  /** Blobs whose name was readable, and whose bytes were not. */
  readonly dropped: readonly ContentAddress[];
  /** Where the damaged file went; for people. */
  readonly damagedFile: string;
}

/**
 * An optional role of stores on this host: where blobs lie that are files of their own, so that threads can read and
 * check them by path.
 */
export interface BlobFiles {
  /** Where the blob lies if its `stat` says form `file`; the file need not exist. Only to be read. */
  plainPath(address: ContentAddress): string;
}

/** One configured backend: a name, and its roles. */
export interface StorageBackend {
  /** The name in routes and in the event log: `local`, `s3`, or a name from the configuration. */
  readonly id: string;
  readonly blobs: BlobStore;
  readonly marker: StoreMarkerSlot;
  readonly intake?: BlobIntake;
  readonly files?: BlobFiles;
  readonly bulkStat?: BulkStat;
  readonly bulkPut?: BulkPut;
  readonly packing?: BlobPacking;
  /** What crashed writers left behind. */
  readonly leftovers: LeftoverKeeper;
  /** Lets calls under way finish, then gives files and connections back. */
  close(): Promise<void>;
}

export interface Leftover {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

export interface LeftoverKeeper {
  /** Temporary files and uploads that no finished `put` owns. Those of a `put` under way are among them: mind the age. */
  list(): AsyncIterable<Leftover>;
  /** @param name as listed. Removing what is not there is no error; any other spelling is `invalid_input`. */
  remove(name: string): Promise<void>;
}
