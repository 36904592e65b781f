import { printCanonicalJson } from "../core/canonical-json.ts";
import type { ManifestFile } from "../core/manifest.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import type { FileRow } from "../db/view-tables.ts";
import { filesBetween } from "../views/query-files.ts";
import { ContentDiffers } from "./registration-errors.ts";

/** Whether a file that an unfinished package has logged is what the source holds. */
export function isLoggedAs(row: FileRow, entry: ManifestFile): boolean {
  return (
    row.content_address === entry.content_address &&
    row.size_bytes === entry.size_bytes &&
    row.digest_sha256 === entry.sha256 &&
    row.media_type === entry.media_type &&
    row.annotations === (entry.annotations === undefined ? null : printCanonicalJson(entry.annotations))
  );
}

/**
 * Those of some files, given in path order, that the package has not logged yet: another process may be at work on the
 * same package. Throws `ContentDiffers` if it has logged one of them with other content.
 */
export async function notYetLogged<File extends { readonly entry: ManifestFile }>(
  reader: DatabaseReader,
  packageId: string,
  files: readonly File[],
): Promise<readonly File[]> {
  const first = files[0]?.entry.path;
  const last = files.at(-1)?.entry.path;
  if (first === undefined || last === undefined) return files;
  const rows = await filesBetween(reader, packageId, first, last);
  const logged = new Map(rows.map((row) => [row.relative_path, row]));
  return files.filter(({ entry }) => {
    const row = logged.get(entry.path);
    if (row !== undefined && !isLoggedAs(row, entry)) {
      throw new ContentDiffers(`file ${quoteForTerminal(entry.path)} differs`);
    }
    return row === undefined;
  });
}
