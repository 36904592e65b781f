import { resolve } from "node:path";
import type { Worker } from "node:worker_threads";
import type { ContentAddress } from "../../core/content-address.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import type { OpenSqlite } from "../../core/sqlite-port.ts";
import type {
  BlobBody,
  BlobEntry,
  BlobStat,
  BlobStore,
  BlobStoreHealth,
  BlobStoreProperties,
  BulkPut,
  BulkStat,
  GetOptions,
  ListOptions,
  PutManyOptions,
  PutOptions,
  StorageBackend,
  WholeBlob,
} from "../blob-store.ts";
import { Slots } from "../slots.ts";
import { Container } from "./container.ts";
import { ContainerQueue } from "./container-queue.ts";
import { ContainerThread } from "./container-thread.ts";
import { deleteBlob } from "./delete.ts";
import { Directories } from "./directories.ts";
import type { LocalFileSystem } from "./file-system.ts";
import { getBlob } from "./get.ts";
import { localHealth } from "./health.ts";
import { localIntake } from "./intake.ts";
import { localLeftovers } from "./leftovers.ts";
import {
  COMMIT_BLOBS_MAX,
  PACK_MAX_BYTES_DEFAULT,
  PACK_MAX_BYTES_LIMIT,
  PLAIN_WRITES_MAX,
} from "./limits.ts";
import { listBlobs } from "./list.ts";
import { localMarker } from "./marker.ts";
import { nodeFileSystem } from "./node-file-system.ts";
import { localPacking } from "./packing.ts";
import type { LocalParts } from "./parts.ts";
import { blobPath } from "./paths.ts";
import { PlainPrefixes } from "./plain-prefixes.ts";
import { putBlob } from "./put.ts";
import { putManyBlobs } from "./put-many.ts";
import { statBlob, statManyBlobs } from "./stat.ts";
import { Turns } from "./turns.ts";

export interface LocalBackendOptions {
  /** The root of the store; made when first written. */
  readonly root: string;
  readonly openSqlite: OpenSqlite;
  /** Blobs up to this size go into the container; 0: none. Bytes; 65,536 unless given. */
  readonly packMaxBytes?: number;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  readonly fileSystem?: LocalFileSystem;
  /** Starts a thread that commits large batches to the container; without it all is done by the calling thread. */
  readonly startContainerThread?: () => Worker;
}

/** A local store always has these roles. */
export type LocalBackend = StorageBackend &
  Required<Pick<StorageBackend, "intake" | "files" | "bulkStat" | "packing">>;

/** Opens the local store at a root. Touches nothing: the root and the container are made by the first write. */
export function openLocalBackend(id: string, options: LocalBackendOptions): LocalBackend {
  const packMaxBytes = options.packMaxBytes ?? PACK_MAX_BYTES_DEFAULT;
  if (!Number.isInteger(packMaxBytes) || packMaxBytes < 0 || packMaxBytes > PACK_MAX_BYTES_LIMIT) {
    throw new ArtifactstoreError(
      "configuration",
      `Cannot open backend "${id}": a container takes blobs of 0 to ${PACK_MAX_BYTES_LIMIT} bytes, not "${packMaxBytes}"`,
    );
  }
  const root = resolve(options.root);
  const fileSystem = options.fileSystem ?? nodeFileSystem;
  const directories = new Directories(root, fileSystem);
  const container = new Container(directories, fileSystem, options.openSqlite);
  const start = options.startContainerThread;
  const thread = start === undefined ? undefined : new ContainerThread(start);
  const queue = new ContainerQueue(container, options.clock ?? Date.now, thread);
  const writes = new Slots(PLAIN_WRITES_MAX);
  const parts: LocalParts = {
    root,
    packMaxBytes,
    fileSystem,
    prefixes: new PlainPrefixes(root, fileSystem),
    directories,
    container,
    queue,
    turns: new Turns(),
    writes,
    suspects: new Set(),
  };
  const blobs = new LocalBlobStore(parts);
  return {
    id,
    blobs,
    marker: localMarker(parts),
    intake: localIntake(parts),
    files: { plainPath: (address) => blobPath(root, address) },
    bulkStat: blobs,
    bulkPut: blobs,
    packing: localPacking(parts),
    leftovers: localLeftovers(parts),
    async close() {
      await queue.idle();
      // The last one out folds the write-ahead log back: better the thread than whoever waits here.
      container.close();
      await thread?.close();
    },
  };
}

/** The local store: `local/<verb>.ts` has each method's how and why. */
class LocalBlobStore implements BlobStore, BulkStat, BulkPut {
  readonly properties: BlobStoreProperties;
  readonly #parts: LocalParts;

  constructor(parts: LocalParts) {
    this.#parts = parts;
    this.properties = {
      kind: "local",
      smallBlobMaxBytes: parts.packMaxBytes,
      // As many as one transaction of the container takes; plain files queue up for their slots by themselves.
      putConcurrency: parts.packMaxBytes > 0 ? COMMIT_BLOBS_MAX : PLAIN_WRITES_MAX,
    };
  }

  put(address: ContentAddress, body: BlobBody, options: PutOptions): Promise<void> {
    return putBlob(this.#parts, address, body, options);
  }

  putMany(blobs: readonly WholeBlob[], options: PutManyOptions = {}): Promise<void> {
    return putManyBlobs(this.#parts, blobs, options);
  }

  get(address: ContentAddress, options: GetOptions = {}): Promise<AsyncIterable<Uint8Array> | undefined> {
    return getBlob(this.#parts, address, options);
  }

  stat(address: ContentAddress): Promise<BlobStat | undefined> {
    return statBlob(this.#parts, address);
  }

  statMany(addresses: readonly ContentAddress[]): Promise<(BlobStat | undefined)[]> {
    return statManyBlobs(this.#parts, addresses);
  }

  delete(address: ContentAddress): Promise<boolean> {
    return deleteBlob(this.#parts, address);
  }

  list(options: ListOptions = {}): AsyncIterable<BlobEntry> {
    return listBlobs(this.#parts, options);
  }

  health(): Promise<BlobStoreHealth> {
    return localHealth(this.#parts);
  }
}
