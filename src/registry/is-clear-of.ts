import { compareUtf8 } from "../core/utf8-order.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import { fileByPath, filesOfPackage } from "../views/query-files.ts";

/**
 * Whether nothing of a package can be in the way of any of these paths: it has no file from the first of them to the
 * last, nor below one of them, and none of the directories above them is a file. Many files that come in order need no
 * question each that way. `false` says that each has to be asked about.
 */
export async function isClearOf(
  reader: DatabaseReader,
  packageId: string,
  paths: readonly string[],
): Promise<boolean> {
  let [first] = paths;
  if (first === undefined) return true;
  let end = first;
  const directories = new Set<string>();
  for (const path of paths) {
    if (compareUtf8(path, first) < 0) first = path;
    // "0" is the character that follows "/": everything below the path comes before.
    const below = `${path}0`;
    if (compareUtf8(below, end) > 0) end = below;
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      const directory = path.slice(0, at);
      if (directories.has(directory)) break;
      directories.add(directory);
    }
  }
  if ((await fileByPath(reader, packageId, first)) !== undefined) return false;
  const [next] = await filesOfPackage(reader, packageId, { afterPath: first, limit: 1 });
  if (next !== undefined && compareUtf8(next.relative_path, end) <= 0) return false;
  for (const directory of directories)
    if ((await fileByPath(reader, packageId, directory)) !== undefined) return false;
  return true;
}
