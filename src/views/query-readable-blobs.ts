import { sql } from "drizzle-orm/sql/sql";
import type { DatabaseReader } from "../db/registry-database.ts";
import { views } from "../db/view-tables.ts";

const packages = views.artifact_packages;
const files = views.artifact_files;
const locations = views.storage_locations;

/** What the registry knows of a blob that a live package holds. */
export interface ReadableBlob {
  /** Bytes. */
  readonly size_bytes: number;
  /** Hex. */
  readonly digest_sha256: string;
}

/**
 * A blob, if a package that is neither given up nor deleted holds it, and may be read by whoever asks.
 *
 * @param producer whose packages alone may be read; `undefined`: everybody's
 */
export async function readableBlob(
  reader: DatabaseReader,
  address: string,
  producer: string | undefined,
): Promise<ReadableBlob | undefined> {
  const limited = producer === undefined ? sql`` : sql`AND p.producer = ${producer}`;
  return await reader.get<ReadableBlob>(sql`
    SELECT f.size_bytes AS size_bytes, f.digest_sha256 AS digest_sha256
    FROM ${locations} AS l JOIN ${files} AS f ON f.id = l.file_id JOIN ${packages} AS p ON p.id = f.package_id
    WHERE l.content_address = ${address} AND l.deletion_state = 'live'
      AND p.status IN ('created', 'finalized') ${limited} LIMIT 1`);
}
