import { constants } from "node:fs";
import type { StoreMarkerSlot } from "../blob-store.ts";
import { MARKER_MAX_BYTES } from "../marker.ts";
import { attempt, systemCode } from "./failure.ts";
import type { LocalParts } from "./parts.ts";
import { MARKER_NAME, newTemporaryPath, temporaryDirectory } from "./paths.ts";
import { plainAddresses } from "./plain-walk.ts";

const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);
const CREATE_FLAGS = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);

/** The marker of a local store: `<root>/store.json`. */
export function localMarker(parts: LocalParts): StoreMarkerSlot {
  const path = `${parts.root}/${MARKER_NAME}`;
  const { fileSystem } = parts;
  return {
    read: () => attempt(`read the marker "${path}"`, () => readMarker(parts, path)),
    // A second name for a complete file: fails if there is a marker, and no reader ever sees half of one.
    create: (text) =>
      attempt(`write the marker "${path}"`, () =>
        withTemporary(parts, text, async (temporary) => {
          try {
            await fileSystem.link(temporary, path);
            return true;
          } catch (error) {
            if (systemCode(error) === "EEXIST") return false;
            throw error;
          }
        }),
      ),
    async replace(text) {
      await attempt(`write the marker "${path}"`, () =>
        withTemporary(parts, text, async (temporary) => {
          await fileSystem.rename(temporary, path);
          return true;
        }),
      );
    },
    isEmpty: () => attempt(`look into the store "${parts.root}"`, () => isEmpty(parts)),
  };
}

/** Nothing in the container and no name of a blob; empty directories and files on their way do not count. */
async function isEmpty(parts: LocalParts): Promise<boolean> {
  if (parts.container.forReading()?.holdsAny() === true) return false;
  for await (const _ of plainAddresses(parts, undefined)) return false;
  return true;
}

async function readMarker(parts: LocalParts, path: string): Promise<string | undefined> {
  if ((await parts.fileSystem.look.facts(path)) === undefined) return undefined;
  const file = await parts.fileSystem.open(path, READ_FLAGS);
  try {
    // One byte more than a marker can have: the parser refuses what is too long.
    const bytes = new Uint8Array(MARKER_MAX_BYTES + 1);
    return new TextDecoder().decode(bytes.subarray(0, await file.read(bytes, 0)));
  } finally {
    await file.close();
  }
}

/** Order: complete file, fsync, final name (`place`), fsync of the root. The temporary name is gone in every case. */
async function withTemporary(
  parts: LocalParts,
  text: string,
  place: (temporary: string) => Promise<boolean>,
): Promise<boolean> {
  const { fileSystem, directories } = parts;
  await directories.make(temporaryDirectory(parts.root));
  const temporary = newTemporaryPath(parts.root);
  try {
    const file = await fileSystem.open(temporary, CREATE_FLAGS, 0o644);
    try {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length; ) at += await file.write(bytes.subarray(at));
      await file.sync();
    } finally {
      await file.close();
    }
    const placed = await place(temporary);
    await directories.sync([parts.root]);
    return placed;
  } finally {
    await fileSystem.unlink(temporary).catch(() => {});
  }
}
