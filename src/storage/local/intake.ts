import { constants } from "node:fs";
import { dirname } from "node:path";
import type { ContentAddress } from "../../core/content-address.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import type { BlobIntake } from "../blob-store.ts";
import { wrongSize } from "../body.ts";
import { attempt, attemptNow } from "./failure.ts";
import type { LocalParts } from "./parts.ts";
import { blobPath, newTemporaryPath, temporaryDirectory } from "./paths.ts";
import { settleName } from "./plain-put.ts";
import { BLOB_MODE, publish, syncName } from "./plain-write.ts";
import { isIntact, packedSizeIfReadable } from "./put.ts";

/** Takes complete files over by rename. They become plain blobs whatever their size; `pack` may move them later. */
export function localIntake(parts: LocalParts): BlobIntake {
  const directory = temporaryDirectory(parts.root);
  return {
    temporaryPath() {
      attemptNow(`make "${directory}"`, () => parts.directories.makeTemporaryNow(directory));
      return newTemporaryPath(parts.root);
    },
    async adopt(address, size, temporaryPath) {
      if (dirname(temporaryPath) !== directory) {
        throw new ArtifactstoreError(
          "internal",
          `Cannot adopt "${temporaryPath}": it is not in "${directory}"`,
        );
      }
      await adoptFile(parts, address, size, temporaryPath);
    },
  };
}

async function adoptFile(
  parts: LocalParts,
  address: ContentAddress,
  size: number,
  temporary: string,
): Promise<void> {
  const packedSize = packedSizeIfReadable(parts, address);
  const published = await parts.writes.run(async () => {
    try {
      if (packedSize === size || (await isPresent(parts, address, size))) {
        await parts.fileSystem.unlink(temporary).catch(() => {});
        return false;
      }
      await sealTemporary(parts, address, size, temporary);
    } catch (error) {
      await parts.fileSystem.unlink(temporary).catch(() => {});
      throw error;
    }
    await publish(parts, address, temporary);
    return true;
  });
  if (published) await settleName(parts, address);
  else if (packedSize !== size) await syncName(parts, address);
  if (packedSize !== undefined && packedSize !== size) await parts.queue.remove(address);
}

async function isPresent(parts: LocalParts, address: ContentAddress, size: number): Promise<boolean> {
  if (parts.suspects.has(address)) return false;
  const plain = await attempt(`store blob "${address}"`, () =>
    parts.fileSystem.look.facts(blobPath(parts.root, address)),
  );
  return isIntact(plain, size);
}

/** Checks that the file is one, and as long as its caller says, and takes the right to write away. */
async function sealTemporary(
  parts: LocalParts,
  address: ContentAddress,
  size: number,
  temporary: string,
): Promise<void> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const facts = await attempt(`store blob "${address}"`, async () => {
    const file = await parts.fileSystem.open(temporary, flags);
    try {
      await file.setMode(BLOB_MODE);
      return await file.stat();
    } finally {
      await file.close();
    }
  });
  if (!facts.isFile || facts.size !== size) throw wrongSize(address, size, facts.size);
}
