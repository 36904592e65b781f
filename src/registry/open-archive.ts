import type { PackageRow } from "../db/view-tables.ts";
import { routeFor } from "../storage/routes.ts";
import { type FileWithLocations, filesWithLocations } from "../views/query-files.ts";
import { findPackage } from "./find-package.ts";
import { copiesOf, readCopies } from "./read-copies.ts";
import { refuseUnreadable } from "./readable-package.ts";
import type { RegistryContext } from "./registry-context.ts";

/** Files looked up at once. Count. */
const PAGE_FILES = 500;

export interface ArchivedFile {
  readonly file: FileWithLocations;
  /** The bytes, checked as a whole download is. Errors with `blob_missing`, `blob_damaged`, `backend_unavailable`. */
  chunks(signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined>;
}

export interface OpenedArchive {
  readonly package: PackageRow;
  /** All files in path order, a page of them in memory at a time. */
  files(): AsyncGenerator<ArchivedFile, void, undefined>;
}

/**
 * A whole package to be read in one go. Throws `invalid_input`, `package_not_found`, `package_state` (not finalized),
 * `package_deleted`.
 */
export async function openArchive(context: RegistryContext, packageId: string): Promise<OpenedArchive> {
  const row = await findPackage(context, packageId);
  refuseUnreadable(row, `Cannot read package "${packageId}"`);
  return { package: row, files: () => archivedFiles(context, row) };
}

/** A page is a transaction of its own: a slow reader keeps no snapshot open. What is finalized does not change. */
async function* archivedFiles(
  context: RegistryContext,
  row: PackageRow,
): AsyncGenerator<ArchivedFile, void, undefined> {
  const route = routeFor(context.routes, row.producer, row.retention_class);
  for (let afterPath = ""; ; ) {
    const page = await context.database.read((reader) =>
      filesWithLocations(reader, row.id, { afterPath, limit: PAGE_FILES }),
    );
    for (const file of page) {
      const copies = copiesOf(context, file, route);
      yield {
        file,
        chunks: (signal) => readCopies(context, file, copies, signal === undefined ? {} : { signal }),
      };
    }
    const last = page.at(-1);
    if (last === undefined) return;
    afterPath = last.relative_path;
  }
}
