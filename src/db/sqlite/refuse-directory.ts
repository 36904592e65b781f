import { statSync } from "node:fs";
import { ArtifactstoreError } from "../../core/errors.ts";

/** SQLite would call a directory an error of the disk. Throws `configuration`. */
export function refuseDirectory(path: string): void {
  if (path === ":memory:") return;
  let isDirectory: boolean;
  try {
    isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // What cannot be looked at is for SQLite to say.
    return;
  }
  if (!isDirectory) return;
  throw new ArtifactstoreError("configuration", `Cannot open database "${path}": it is a directory`);
}
