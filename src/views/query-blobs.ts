import { sql } from "drizzle-orm/sql/sql";
import type { DatabaseReader } from "../db/registry-database.ts";
import { views } from "../db/view-tables.ts";

const packages = views.artifact_packages;
const files = views.artifact_files;
const locations = views.storage_locations;

/** Blobs asked about in one statement. Count. */
const BLOBS_ASKED_MAX = 1000;

/** A blob that a backend must hold, since a live location says so. */
export interface ReferencedBlob {
  readonly content_address: string;
  /** Bytes. */
  readonly size_bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** One page of the blobs that a backend must hold, each once, in order of address: to be compared with its list. */
export async function referencedBlobs(
  reader: DatabaseReader,
  backendId: string,
  page: { readonly after?: string; readonly limit: number },
): Promise<ReferencedBlob[]> {
  return await reader.all<ReferencedBlob>(sql`
    SELECT b.content_address AS content_address, f.size_bytes AS size_bytes, f.digest_sha256 AS sha256
    FROM (
      SELECT content_address, min(file_id) AS file_id FROM ${locations}
      WHERE backend_id = ${backendId} AND deletion_state = 'live' AND content_address > ${page.after ?? ""}
      GROUP BY content_address ORDER BY content_address LIMIT ${page.limit}
    ) AS b JOIN ${files} AS f ON f.id = b.file_id ORDER BY b.content_address`);
}

/** Which of these blobs a live location on the backend names. */
export async function findReferenced(
  reader: DatabaseReader,
  backendId: string,
  addresses: readonly string[],
): Promise<Set<string>> {
  const found = new Set<string>();
  for (let at = 0; at < addresses.length; at += BLOBS_ASKED_MAX) {
    const asked = addresses.slice(at, at + BLOBS_ASKED_MAX);
    const rows = await reader.all<{ content_address: string }>(sql`
      SELECT DISTINCT content_address FROM ${locations}
      WHERE backend_id = ${backendId} AND deletion_state = 'live' AND content_address IN ${asked}`);
    for (const row of rows) found.add(row.content_address);
  }
  return found;
}

/** One file that a blob's loss would harm. */
export interface AffectedFile {
  readonly package_id: string;
  readonly package_status: string;
  readonly file_id: string;
  readonly relative_path: string;
}

export async function filesOfBlob(
  reader: DatabaseReader,
  backendId: string,
  address: string,
  limit: number,
): Promise<AffectedFile[]> {
  return await reader.all<AffectedFile>(sql`
    SELECT f.package_id AS package_id, p.status AS package_status, f.id AS file_id,
      f.relative_path AS relative_path
    FROM ${locations} AS l JOIN ${files} AS f ON f.id = l.file_id JOIN ${packages} AS p ON p.id = f.package_id
    WHERE l.backend_id = ${backendId} AND l.content_address = ${address} AND l.deletion_state = 'live'
    ORDER BY f.package_id, f.relative_path LIMIT ${limit}`);
}

export interface BackendTotals {
  readonly backend_id: string;
  readonly live_locations: number;
  /** Different contents among them. */
  readonly blobs: number;
  /** Sum of the blobs' sizes, each once. */
  readonly size_bytes: number;
}

export async function backendTotals(reader: DatabaseReader): Promise<BackendTotals[]> {
  return await reader.all<BackendTotals>(sql`
    SELECT b.backend_id AS backend_id, sum(b.locations) AS live_locations, count(*) AS blobs,
      sum(b.size_bytes) AS size_bytes
    FROM (
      SELECT l.backend_id AS backend_id, l.content_address AS content_address, count(*) AS locations,
        max(f.size_bytes) AS size_bytes
      FROM ${locations} AS l JOIN ${files} AS f ON f.id = l.file_id
      WHERE l.deletion_state = 'live' GROUP BY l.backend_id, l.content_address
    ) AS b GROUP BY b.backend_id ORDER BY b.backend_id`);
}
