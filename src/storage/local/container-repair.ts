import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { ArtifactstoreError } from "../../core/errors.ts";
import type { SqliteConnection } from "../../core/sqlite-port.ts";
import type { ContainerCheckOptions, ContainerRepair } from "../blob-store.ts";
import { buildContainer, removeContainerFiles, syncFile } from "./container-create.ts";
import { mendContainer } from "./container-mend.ts";
import { retire, salvage, takeAlone } from "./container-salvage.ts";
import { attempt, systemCode } from "./failure.ts";
import type { LocalParts } from "./parts.ts";
import { newTemporaryPath, temporaryDirectory } from "./paths.ts";

/**
 * Replaces the container by a new one with all rows that can still be read.
 *
 * Order: make the old file openable, if it is not; take it alone (no other process has it open from here on); fill a
 * new one under a temporary name; fsync; give the old file a second name, and its write-ahead log too, if it still has one; rename the new file over
 * `small.db`; fsync of the directory. Stopped before that rename, the old container is in force. At last the old file
 * is marked as retired and let go, so that a process that has been waiting for its lock looks the name up again
 * instead of writing into a file that nobody will read.
 */
export async function repairContainer(
  parts: LocalParts,
  options: ContainerCheckOptions,
): Promise<ContainerRepair> {
  const { path, openSqlite } = parts.container;
  const { fileSystem, directories } = parts;
  return await attempt(`repair the container "${path}"`, async () => {
    if (fileSystem.look.factsNow(path) === undefined) {
      throw new ArtifactstoreError("store_damaged", `Cannot repair the container "${path}": there is none`);
    }
    await parts.queue.idle();
    parts.container.close();
    await directories.make(temporaryDirectory(parts.root));
    const temporary = newTemporaryPath(parts.root);
    const damagedPath = `${path}.damaged-${randomUUID()}`;
    let old: SqliteConnection | undefined;
    try {
      await buildContainer(temporary, fileSystem, openSqlite);
      await mendContainer(fileSystem, path, temporary);
      old = takeAlone(openSqlite, path);
      const result = await salvage(old, openSqlite, temporary, options);
      await syncFile(fileSystem, temporary);
      await fileSystem.link(path, damagedPath);
      await moveIfThere(parts, `${path}-wal`, `${damagedPath}-wal`);
      await moveIfThere(parts, `${path}-shm`, `${damagedPath}-shm`);
      await moveIfThere(parts, `${path}-journal`, `${damagedPath}-journal`);
      await fileSystem.rename(temporary, path);
      await directories.sync([parts.root]);
      retire(old);
      return { ...result, damagedFile: basename(damagedPath) };
    } finally {
      old?.close();
      await removeContainerFiles(fileSystem, temporary);
    }
  });
}

async function moveIfThere(parts: LocalParts, from: string, to: string): Promise<void> {
  try {
    await parts.fileSystem.rename(from, to);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}
