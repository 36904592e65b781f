import { constants } from "node:fs";
import type { OpenSqlite } from "../../core/sqlite-port.ts";
import { createContainerSchema } from "./container-schema.ts";
import type { Directories } from "./directories.ts";
import { attempt, systemCode } from "./failure.ts";
import type { LocalFileSystem } from "./file-system.ts";
import { containerPath, newTemporaryPath, temporaryDirectory } from "./paths.ts";

/**
 * Makes the container, durably, unless it is there. Order: a complete empty container under a temporary name, fsync,
 * a second name `small.db` (which fails if another process was first, and then theirs counts), fsync of the
 * directory. So nobody ever opens a half-made container, and none is ever replaced.
 */
export async function createContainer(
  directories: Directories,
  fileSystem: LocalFileSystem,
  openSqlite: OpenSqlite,
): Promise<void> {
  const path = containerPath(directories.root);
  if (fileSystem.look.factsNow(path) === undefined) {
    await directories.makeRoot();
    await directories.make(temporaryDirectory(directories.root));
    const temporary = newTemporaryPath(directories.root);
    try {
      await attempt(`make the container "${path}"`, async () => {
        await buildContainer(temporary, fileSystem, openSqlite);
        await linkUnlessThere(fileSystem, temporary, path);
      });
    } finally {
      await removeContainerFiles(fileSystem, temporary);
    }
  }
  await directories.sync([directories.root]);
}

/** An empty container at `path`, complete on disk, with no write-ahead log beside it. */
export async function buildContainer(
  path: string,
  fileSystem: LocalFileSystem,
  openSqlite: OpenSqlite,
): Promise<void> {
  const connection = openSqlite(path, { readOnly: false, create: true });
  try {
    createContainerSchema(connection);
  } finally {
    connection.close();
  }
  await syncFile(fileSystem, path);
}

export async function syncFile(fileSystem: LocalFileSystem, path: string): Promise<void> {
  const handle = await fileSystem.open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Best effort: what stays is a left-over temporary file. */
export async function removeContainerFiles(fileSystem: LocalFileSystem, path: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) {
    await fileSystem.unlink(path + suffix).catch(() => {});
  }
}

async function linkUnlessThere(fileSystem: LocalFileSystem, from: string, to: string): Promise<void> {
  try {
    await fileSystem.link(from, to);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
}
