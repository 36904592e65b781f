import { constants } from "node:fs";
import { chmod, open } from "node:fs/promises";
import type { ExpectedFile } from "../client/files-api.ts";
import { receiveBody } from "../dataplane/receive-body.ts";
import { removeQuietly } from "../dataplane/store-blobs.ts";
import { writeFailure } from "../dataplane/write-failure.ts";
import type { RemoteRegistry } from "./remote-registry.ts";

/** Up to this size a file is received in memory; larger ones are hashed and written by the threads. Bytes. */
export const IN_MEMORY_MAX_BYTES = 1_048_576;

/** Asked for at once: a runtime that reads ahead of the disk holds no more than that of each file. Bytes. */
const PIECE_BYTES = 8_388_608;

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
 * Downloads a file of a package into a new file, both digests compared. What is wrong with the bytes is answered, and
 * there is no file then; nor is there when it throws. The complete file is fsynced, only its name is not durable yet.
 */
export async function receiveFile(
  { client, threads, collectGarbage }: RemoteRegistry,
  file: ExpectedFile,
  target: ReceiveTarget,
): Promise<string | undefined> {
  const { path, name, mode, signal } = target;
  const call = signal === undefined ? {} : { signal };
  const received = await receiveBody(
    threads,
    client.files.downloadUnverified(file, { pieceBytes: PIECE_BYTES, ...call }),
    {
      smallMaxBytes: IN_MEMORY_MAX_BYTES,
      temporaryPath: () => path,
      maxBytes: file.size_bytes,
      expectedSize: file.size_bytes,
      name,
      collectGarbage,
      ...call,
    },
  );
  const problems: string[] = [];
  if (received.address !== file.content_address) problems.push(`its BLAKE3 is ${received.address}`);
  if (received.sha256 !== file.sha256) problems.push(`its SHA-256 is ${received.sha256}`);
  if (problems.length > 0) {
    if (received.temporaryPath !== undefined) removeQuietly(received.temporaryPath);
    return problems.join(", ");
  }
  if (received.bytes !== undefined) await writeNew(target, received.bytes);
  // The threads make files that nobody may write.
  else await chmod(path, mode);
  return undefined;
}

async function writeNew({ path, name, mode }: ReceiveTarget, bytes: Uint8Array): Promise<void> {
  try {
    const handle = await open(path, CREATE_FLAGS, mode);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    removeQuietly(path);
    throw writeFailure(name, cause);
  }
}
