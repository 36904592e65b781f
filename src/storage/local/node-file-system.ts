import { lstatSync, mkdirSync, type Stats } from "node:fs";
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, statfs, unlink } from "node:fs/promises";
import { compareUtf8 } from "../../core/utf8-order.ts";
import type { FileFacts, LocalFile, LocalFileSystem, LocalLookups } from "./file-system.ts";

/** The local file system through `node:fs`, which Bun and Deno have too. */
export const nodeFileSystem: LocalFileSystem = {
  async open(path, flags, mode) {
    return fileOf(await open(path, flags, mode));
  },
  rename,
  link,
  unlink,
  async makeDirectory(path, mode) {
    await mkdir(path, mode === undefined ? {} : { mode });
  },
  makeDirectoriesNow: (path, mode) => mkdirSync(path, { recursive: true, mode }),
  look: {
    async facts(path) {
      try {
        return factsOf(await lstat(path));
      } catch (error) {
        if (isAbsence(error)) return undefined;
        throw error;
      }
    },
    factsNow(path) {
      try {
        const stats = lstatSync(path, { throwIfNoEntry: false });
        return stats === undefined ? undefined : factsOf(stats);
      } catch (error) {
        if (isAbsence(error)) return undefined;
        throw error;
      }
    },
    async names(path) {
      try {
        return (await readdir(path)).sort(compareUtf8);
      } catch (error) {
        if (isAbsence(error)) return undefined;
        throw error;
      }
    },
    async space(path) {
      const { bsize, blocks, bavail } = await statfs(path);
      return { freeBytes: bsize * bavail, totalBytes: bsize * blocks };
    },
  } satisfies LocalLookups,
};

function fileOf(handle: FileHandle): LocalFile {
  return {
    read: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
    write: async (bytes) => (await handle.write(bytes, 0, bytes.length)).bytesWritten,
    stat: async () => factsOf(await handle.stat()),
    setMode: (mode) => handle.chmod(mode),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

function factsOf(stats: Stats): FileFacts {
  return {
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    size: stats.size,
    modifiedAt: Math.floor(stats.mtimeMs),
    inode: stats.ino,
  };
}

/** A name is absent also when a part of its path is no directory. */
function isAbsence(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR";
}
