import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { ContentAddress } from "../../core/content-address.ts";
import { objectKey } from "../layout.ts";

/**
 * Names below the root of a local store:
 *
 *     store.json          the marker: which registry owns the store
 *     blake3/aa/bb/<hex>  plain blobs
 *     small.db            the container of small blobs (and SQLite's small.db-wal, small.db-shm while it is open)
 *     tmp/                files on their way; what is old here was left behind by a crash
 */
export const MARKER_NAME = "store.json";
export const CONTAINER_NAME = "small.db";
export const TEMPORARY_NAME = "tmp";

export function blobPath(root: string, address: ContentAddress): string {
  return `${root}/${objectKey(address)}`;
}

export function containerPath(root: string): string {
  return join(root, CONTAINER_NAME);
}

export function temporaryDirectory(root: string): string {
  return join(root, TEMPORARY_NAME);
}

/** A name that nobody has; on the file system of the blobs, so that a rename makes it one. */
export function newTemporaryPath(root: string): string {
  return join(root, TEMPORARY_NAME, randomUUID());
}
