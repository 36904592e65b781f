import { type SQL, sql } from "drizzle-orm/sql/sql";
import type { DatabaseReader } from "../db/registry-database.ts";
import { type PackageRow, views } from "../db/view-tables.ts";

const packages = views.artifact_packages;
const files = views.artifact_files;
const locations = views.storage_locations;
const retention = views.retention_state;

export async function packageById(reader: DatabaseReader, id: string): Promise<PackageRow | undefined> {
  return await reader.get<PackageRow>(sql`SELECT * FROM ${packages} WHERE id = ${id}`);
}

/** The package that holds a producer's key now: neither abandoned nor collected, and the first of them. */
export async function livePackageByExternalId(
  reader: DatabaseReader,
  producer: string,
  externalId: string,
): Promise<PackageRow | undefined> {
  return await reader.get<PackageRow>(sql`
    SELECT * FROM ${packages}
    WHERE producer = ${producer} AND external_id = ${externalId} AND status IN ('created', 'finalized')
    ORDER BY created_event_sequence LIMIT 1`);
}

export interface PackageFilters {
  readonly producer?: string;
  readonly subject?: string;
  readonly retention_class?: string;
  readonly status?: string;
  readonly external_id?: string;
  readonly manifest_digest?: string;
  /** Holds a file of this content. */
  readonly content_address?: string;
  /** Holds a file of this content; hex. */
  readonly sha256?: string;
  /** Top-level members of the metadata, compared as text (numbers and booleans as JSON spells them). */
  readonly metadata?: ReadonlyMap<string, string>;
  /** Half-open ranges of times: from the first, before the second. */
  readonly created_from?: string;
  readonly created_before?: string;
  readonly expires_from?: string;
  readonly expires_before?: string;
}

export interface PackagePage {
  readonly limit: number;
  /** `created_event_sequence` of the last package of the page before. */
  readonly after?: number;
}

export type ListedPackage = PackageRow & { readonly current_expires_at: string | null };

/** Packages that pass every filter, the newest first. */
export async function listPackages(
  reader: DatabaseReader,
  filters: PackageFilters,
  page: PackagePage,
): Promise<ListedPackage[]> {
  const conditions = packageConditions(reader, filters);
  if (page.after !== undefined) conditions.push(sql`p.created_event_sequence < ${page.after}`);
  return await reader.all<ListedPackage>(sql`
    SELECT p.*, r.current_expires_at AS current_expires_at
    FROM ${packages} AS p LEFT JOIN ${retention} AS r ON r.package_id = p.id
    WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY p.created_event_sequence DESC LIMIT ${page.limit}`);
}

/**
 * Packages come in the order of their times, since those of the log never go back: the first one of a time bounds the
 * list itself, and no page has to be sorted out of all that were created in a range.
 */
function createdFrom(time: string): SQL {
  return sql`p.created_event_sequence >= COALESCE((SELECT f.created_event_sequence FROM ${packages} AS f
    WHERE f.created_at >= ${time} ORDER BY f.created_at, f.created_event_sequence LIMIT 1), ${Number.MAX_SAFE_INTEGER})`;
}

function packageConditions(reader: DatabaseReader, filters: PackageFilters): SQL[] {
  const conditions: SQL[] = [sql`1 = 1`];
  const equal = (column: string, value: string | undefined) => {
    if (value !== undefined) conditions.push(sql`p.${sql.identifier(column)} = ${value}`);
  };
  equal("producer", filters.producer);
  equal("subject", filters.subject);
  equal("retention_class", filters.retention_class);
  equal("status", filters.status);
  equal("external_id", filters.external_id);
  equal("manifest_digest", filters.manifest_digest);
  if (filters.content_address !== undefined) {
    conditions.push(sql`p.id IN (SELECT f.package_id FROM ${locations} AS l JOIN ${files} AS f ON f.id = l.file_id
      WHERE l.content_address = ${filters.content_address})`);
  }
  if (filters.sha256 !== undefined) {
    // The index knows the first 16 digits.
    conditions.push(sql`p.id IN (SELECT f.package_id FROM ${files} AS f
      WHERE substr(f.digest_sha256, 1, 16) = ${filters.sha256.slice(0, 16)} AND f.digest_sha256 = ${filters.sha256})`);
  }
  for (const [key, value] of filters.metadata ?? []) {
    conditions.push(reader.dialect.packageMetadataIs(sql`p`, key, value));
  }
  if (filters.created_from !== undefined) conditions.push(createdFrom(filters.created_from));
  if (filters.created_before !== undefined)
    conditions.push(sql`NOT (${createdFrom(filters.created_before)})`);
  if (filters.expires_from !== undefined)
    conditions.push(sql`r.current_expires_at >= ${filters.expires_from}`);
  if (filters.expires_before !== undefined) {
    conditions.push(sql`r.current_expires_at < ${filters.expires_before}`);
  }
  return conditions;
}
