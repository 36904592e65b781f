import { sql } from "drizzle-orm/sql/sql";
import type { DatabaseReader } from "../db/registry-database.ts";
import { type FileRow, type LocationRow, views } from "../db/view-tables.ts";

const files = views.artifact_files;
const locations = views.storage_locations;

/** Files fetched at once where the caller names no limit. Count. */
export const FILE_PAGE_SIZE = 1000;

export interface FilePage {
  /** The path of the last file of the page before. */
  readonly afterPath?: string;
  readonly limit?: number;
}

export async function fileById(reader: DatabaseReader, id: string): Promise<FileRow | undefined> {
  return await reader.get<FileRow>(sql`SELECT * FROM ${files} WHERE id = ${id}`);
}

export async function fileByPath(
  reader: DatabaseReader,
  packageId: string,
  path: string,
): Promise<FileRow | undefined> {
  return await reader.get<FileRow>(
    sql`SELECT * FROM ${files} WHERE package_id = ${packageId} AND relative_path = ${path}`,
  );
}

/** Whether a package has files below a directory. */
export async function hasPathBelow(
  reader: DatabaseReader,
  packageId: string,
  directory: string,
): Promise<boolean> {
  // "0" is the character that follows "/".
  const row = await reader.get(sql`
    SELECT 1 AS found FROM ${files} WHERE package_id = ${packageId}
      AND relative_path >= ${`${directory}/`} AND relative_path < ${`${directory}0`} LIMIT 1`);
  return row !== undefined;
}

/** One page of a package's files, in path order (bytes of UTF-8). */
export async function filesOfPackage(
  reader: DatabaseReader,
  packageId: string,
  page: FilePage = {},
): Promise<FileRow[]> {
  // No path is empty, so the empty text comes before all of them.
  return await reader.all<FileRow>(sql`
    SELECT * FROM ${files} WHERE package_id = ${packageId} AND relative_path > ${page.afterPath ?? ""}
    ORDER BY relative_path LIMIT ${page.limit ?? FILE_PAGE_SIZE}`);
}

/** A file with every place that holds, or held, its blob; ordered by backend. */
export type FileWithLocations = FileRow & { readonly locations: readonly LocationRow[] };

export async function filesWithLocations(
  reader: DatabaseReader,
  packageId: string,
  page: FilePage = {},
): Promise<FileWithLocations[]> {
  const rows = await filesOfPackage(reader, packageId, page);
  const last = rows.at(-1);
  if (last === undefined) return [];
  const found = await reader.all<LocationRow>(sql`
    SELECT l.* FROM ${files} AS f JOIN ${locations} AS l ON l.file_id = f.id
    WHERE f.package_id = ${packageId} AND f.relative_path > ${page.afterPath ?? ""}
      AND f.relative_path <= ${last.relative_path}
    ORDER BY l.backend_id`);
  const byFile = Map.groupBy(found, (location) => location.file_id);
  return rows.map((row) => ({ ...row, locations: byFile.get(row.id) ?? [] }));
}

export async function fileWithLocations(
  reader: DatabaseReader,
  id: string,
): Promise<FileWithLocations | undefined> {
  const row = await fileById(reader, id);
  if (row === undefined) return undefined;
  const found = await reader.all<LocationRow>(
    sql`SELECT * FROM ${locations} WHERE file_id = ${id} ORDER BY backend_id`,
  );
  return { ...row, locations: found };
}

/** All of a package's files with their locations, a page in memory at a time. */
export async function* filePages(
  reader: DatabaseReader,
  packageId: string,
  limit: number = FILE_PAGE_SIZE,
): AsyncIterable<FileWithLocations[]> {
  let afterPath = "";
  while (true) {
    const page = await filesWithLocations(reader, packageId, { afterPath, limit });
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    afterPath = last.relative_path;
  }
}

/** A package's files from one path through another, both included; the caller knows that they are few. */
export async function filesBetween(
  reader: DatabaseReader,
  packageId: string,
  firstPath: string,
  lastPath: string,
): Promise<FileRow[]> {
  return await reader.all<FileRow>(sql`
    SELECT * FROM ${files} WHERE package_id = ${packageId}
      AND relative_path >= ${firstPath} AND relative_path <= ${lastPath} ORDER BY relative_path`);
}
