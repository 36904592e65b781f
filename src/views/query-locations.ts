import { sql } from "drizzle-orm/sql/sql";
import type { DatabaseReader } from "../db/registry-database.ts";
import { type FileRow, views } from "../db/view-tables.ts";

const files = views.artifact_files;
const locations = views.storage_locations;

/** How many files of a package have a live location on a backend. */
export async function countLiveLocations(
  reader: DatabaseReader,
  packageId: string,
  backendId: string,
): Promise<number> {
  const row = await reader.get<{ n: number }>(sql`
    SELECT count(*) AS n FROM ${files} AS f JOIN ${locations} AS l ON l.file_id = f.id
    WHERE f.package_id = ${packageId} AND l.backend_id = ${backendId} AND l.deletion_state = 'live'`);
  return row?.n ?? 0;
}

/** The paths of a package's files that have a live location on a backend. */
export async function pathsLocatedOn(
  reader: DatabaseReader,
  packageId: string,
  backendId: string,
): Promise<Set<string>> {
  const paths = new Set<string>();
  const rows = reader.iterate<{ path: string }>(sql`
    SELECT f.relative_path AS path FROM ${files} AS f JOIN ${locations} AS l ON l.file_id = f.id
    WHERE f.package_id = ${packageId} AND l.backend_id = ${backendId} AND l.deletion_state = 'live'`);
  for await (const { path } of rows) paths.add(path);
  return paths;
}

/** Every file of a package, in path order, a page in memory at a time. */
export function iterateFiles(reader: DatabaseReader, packageId: string): AsyncIterable<FileRow> {
  return reader.iterate<FileRow>(
    sql`SELECT * FROM ${files} WHERE package_id = ${packageId} ORDER BY relative_path`,
  );
}

/** Backends that a live location names, whether they are configured or not. */
export async function locatedBackends(reader: DatabaseReader): Promise<string[]> {
  const rows = await reader.all<{ backend_id: string }>(
    sql`SELECT DISTINCT backend_id FROM ${locations} WHERE deletion_state = 'live' ORDER BY backend_id`,
  );
  return rows.map((row) => row.backend_id);
}
