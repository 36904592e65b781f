import { constants } from "node:fs";
import { dirname } from "node:path";
import type { ContentAddress } from "../../core/content-address.ts";
import { attempt, systemCode } from "./failure.ts";
import type { LocalFile } from "./file-system.ts";
import { WRITE_BUFFER_BYTES } from "./limits.ts";
import type { LocalParts } from "./parts.ts";
import { blobPath, newTemporaryPath, temporaryDirectory } from "./paths.ts";

/** Nobody writes a blob again. A rename over it or its removal asks for rights on the directory, not on the file. */
export const BLOB_MODE = 0o444;

const CREATE_FLAGS = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);

/** A write whose fsync failed: what the system holds of this file can no longer be trusted. */
export class SyncFailure extends Error {
  constructor(cause: unknown) {
    super("fsync failed", { cause });
    this.name = "SyncFailure";
  }
}

/**
 * Writes a complete, durable file at a new temporary name and answers the name. Order: create exclusively, write, mode,
 * fsync, close. Whatever fails, the file is removed.
 */
export async function writeTemporary(
  parts: LocalParts,
  address: ContentAddress,
  chunks: AsyncIterable<Uint8Array>,
): Promise<string> {
  const path = newTemporaryPath(parts.root);
  const action = `store blob "${address}"`;
  const file = await attempt(action, () => createTemporary(parts, path));
  let open = true;
  try {
    await writeAll(action, file, chunks);
    await attempt(action, () => file.setMode(BLOB_MODE));
    try {
      await file.sync();
    } catch (error) {
      throw new SyncFailure(error);
    }
    open = false;
    await attempt(action, () => file.close());
    return path;
  } catch (error) {
    if (open) await file.close().catch(() => {});
    await parts.fileSystem.unlink(path).catch(() => {});
    throw error;
  }
}

/** Gives a complete, durable temporary file its final name, which is not durable yet. A failure removes the file. */
export async function publish(parts: LocalParts, address: ContentAddress, temporary: string): Promise<void> {
  const target = blobPath(parts.root, address);
  try {
    await attempt(`store blob "${address}"`, async () => {
      try {
        await parts.fileSystem.rename(temporary, target);
      } catch (error) {
        if (systemCode(error) !== "ENOENT") throw error;
        await parts.directories.make(dirname(target));
        await parts.fileSystem.rename(temporary, target);
      }
    });
  } catch (error) {
    await parts.fileSystem.unlink(temporary).catch(() => {});
    throw error;
  }
}

/** Makes the name of a plain blob durable; another process may have made it and not got that far yet. */
export async function syncName(parts: LocalParts, address: ContentAddress): Promise<void> {
  await parts.directories.sync([dirname(blobPath(parts.root, address))]);
}

async function createTemporary(parts: LocalParts, path: string): Promise<LocalFile> {
  try {
    return await parts.fileSystem.open(path, CREATE_FLAGS, 0o600);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    await parts.directories.make(temporaryDirectory(parts.root));
    return await parts.fileSystem.open(path, CREATE_FLAGS, 0o600);
  }
}

/**
 * Small chunks are gathered, for each write is a turn through the thread pool; a body of one chunk, the common case,
 * needs no buffer. Errors of the body pass unchanged.
 */
async function writeAll(action: string, file: LocalFile, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  let gathered: Uint8Array | undefined;
  let filled = 0;
  let first = true;
  for await (const chunk of chunks) {
    const direct = first || chunk.length >= WRITE_BUFFER_BYTES / 4;
    first = false;
    if (gathered !== undefined && filled > 0 && (direct || filled + chunk.length > gathered.length)) {
      await writeWhole(action, file, gathered.subarray(0, filled));
      filled = 0;
    }
    if (direct) {
      await writeWhole(action, file, chunk);
    } else {
      gathered ??= new Uint8Array(WRITE_BUFFER_BYTES);
      gathered.set(chunk, filled);
      filled += chunk.length;
    }
  }
  if (gathered !== undefined && filled > 0) await writeWhole(action, file, gathered.subarray(0, filled));
}

async function writeWhole(action: string, file: LocalFile, bytes: Uint8Array): Promise<void> {
  await attempt(action, async () => {
    for (let at = 0; at < bytes.length; ) {
      const written = await file.write(bytes.subarray(at));
      if (written === 0) throw new Error("the file system took no bytes");
      at += written;
    }
  });
}
