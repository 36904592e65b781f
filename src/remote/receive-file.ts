import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { ExpectedFile } from "../client/files-api.ts";
import { isArtifactstoreError } from "../core/errors.ts";
import { removeQuietly } from "../dataplane/store-blobs.ts";
import { writeFailure } from "../dataplane/write-failure.ts";
import type { RemoteRegistry } from "./remote-registry.ts";

/** Asked for at once: a runtime that reads ahead of the disk holds no more than that of each file. Bytes. */
const PIECE_BYTES = 8_388_608;

/** What came is garbage once it is written; after so much of it memory is given back. Bytes. */
const RELIEF_BYTES = 67_108_864;

const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

export interface ReceiveTarget {
  /** Did not exist before; made exclusively. */
  readonly path: string;
  /** What people call it in messages. */
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  readonly signal?: AbortSignal;
}

/**
 * Downloads a file of a package into a new file, both digests compared as the bytes pass by. What is wrong with them is
 * answered, and there is no file then; nor is there when it throws. The complete file is fsynced, only its name is not
 * durable yet.
 */
export async function receiveFile(
  { client, collectGarbage }: RemoteRegistry,
  file: ExpectedFile,
  target: ReceiveTarget,
): Promise<string | undefined> {
  const { path, signal } = target;
  const chunks = client.files.download(file, {
    pieceBytes: PIECE_BYTES,
    ...(signal === undefined ? {} : { signal }),
  });
  const handle = await writing(target, () => open(path, CREATE_FLAGS, target.mode));
  let complete = false;
  try {
    let unrelieved = 0;
    for await (const chunk of chunks) {
      await writeAll(target, handle, chunk);
      unrelieved += chunk.length;
      if (unrelieved < RELIEF_BYTES) continue;
      unrelieved = 0;
      collectGarbage();
    }
    await writing(target, () => handle.sync());
    complete = true;
    return undefined;
  } catch (error) {
    if (isArtifactstoreError(error, "digest_mismatch")) return error.message;
    throw error;
  } finally {
    await handle.close();
    if (!complete) removeQuietly(path);
  }
}

async function writeAll(target: ReceiveTarget, handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const from = at;
    at += (await writing(target, () => handle.write(chunk, from, chunk.length - from))).bytesWritten;
  }
}

async function writing<T>({ name }: ReceiveTarget, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw writeFailure(name, cause);
  }
}
