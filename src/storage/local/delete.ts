import { dirname } from "node:path";
import type { ContentAddress } from "../../core/content-address.ts";
import { attempt, systemCode } from "./failure.ts";
import { packedAnswer } from "./find.ts";
import type { LocalParts } from "./parts.ts";
import { blobPath } from "./paths.ts";

/**
 * Removes a blob from both places. If neither had it, the container is asked once more, since `pack` may have moved the
 * blob there between the two questions.
 */
export async function deleteBlob(parts: LocalParts, address: ContentAddress): Promise<boolean> {
  const packed = await removePacked(parts, address);
  const plain = await removePlain(parts, address);
  parts.suspects.delete(address);
  return packed || plain || (await removePacked(parts, address));
}

/** Durably; answers whether there was one. */
export async function removePlain(parts: LocalParts, address: ContentAddress): Promise<boolean> {
  const path = blobPath(parts.root, address);
  try {
    await parts.fileSystem.unlink(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return false;
    return await attempt(`delete blob "${address}"`, () => Promise.reject(error));
  }
  await parts.directories.sync([dirname(path)]);
  return true;
}

/** Asks first: a transaction for what is not there would make every other writer wait. */
async function removePacked(parts: LocalParts, address: ContentAddress): Promise<boolean> {
  const there = packedAnswer(parts, address, (container) => container.stat(address));
  return there === undefined ? false : await parts.queue.remove(address);
}
