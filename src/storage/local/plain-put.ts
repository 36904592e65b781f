import type { ContentAddress } from "../../core/content-address.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import type { BlobBody, PutOptions } from "../blob-store.ts";
import { bodyChunks } from "../body.ts";
import { storageFailure } from "./failure.ts";
import type { LocalParts } from "./parts.ts";
import { readPlain } from "./plain-read.ts";
import { publish, SyncFailure, syncName, writeTemporary } from "./plain-write.ts";

/**
 * Writes a plain blob durably, replacing what has its name. After a failed fsync of the file the bytes are written
 * anew, once, under another name; a stream, which is gone by then, makes the call fail instead (nothing is visible,
 * and the caller, who has the source, may put it again).
 */
export async function writePlain(
  parts: LocalParts,
  address: ContentAddress,
  body: BlobBody,
  options: PutOptions,
): Promise<void> {
  await parts.writes.run(async () => {
    const attempts = body instanceof Uint8Array ? 2 : 1;
    const temporary = await writeAnew(parts, address, () => bodyChunks(address, body, options), attempts);
    if (options.signal?.aborted === true) {
      await parts.fileSystem.unlink(temporary).catch(() => {});
      throw options.signal.reason;
    }
    await publish(parts, address, temporary);
  });
  await settleName(parts, address);
}

/**
 * Makes the name of a published blob durable. After a failed fsync of a directory, a second one may say "done" for
 * names that never reached the disk; so the file, whose own bytes are durable, is copied and published once more,
 * which makes the directory anew what it must write.
 */
export async function settleName(parts: LocalParts, address: ContentAddress): Promise<void> {
  try {
    await syncName(parts, address);
  } catch {
    parts.suspects.add(address);
    await parts.writes.run(async () => publish(parts, address, await copyOf(parts, address)));
    await syncName(parts, address);
  }
  parts.suspects.delete(address);
}

async function copyOf(parts: LocalParts, address: ContentAddress): Promise<string> {
  const chunks = await readPlain(parts, address, {});
  if (chunks === undefined) {
    throw new ArtifactstoreError(
      "backend_unavailable",
      `Cannot store blob "${address}": it was removed meanwhile`,
    );
  }
  return await writeAnew(parts, address, () => chunks, 1);
}

/** A durable temporary file, in at most so many attempts. */
async function writeAnew(
  parts: LocalParts,
  address: ContentAddress,
  chunks: () => AsyncIterable<Uint8Array>,
  attempts: number,
): Promise<string> {
  for (let number = 1; ; number += 1) {
    try {
      return await writeTemporary(parts, address, chunks());
    } catch (error) {
      if (!(error instanceof SyncFailure)) throw error;
      if (number >= attempts) throw storageFailure(`store blob "${address}"`, error.cause);
    }
  }
}
