import { sql } from "drizzle-orm/sql/sql";
import { printCanonicalJson } from "../core/canonical-json.ts";
import type { JsonObject } from "../core/cbor-value.ts";
import type { Manifest, ManifestFile } from "../core/manifest.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import type { FileRow, PackageRow, ViewTables } from "../db/view-tables.ts";

/** A set of views, and how it is read. */
export interface ViewSource {
  readonly reader: DatabaseReader;
  readonly tables: ViewTables;
}

type ComparedRow = Pick<
  FileRow,
  | "relative_path"
  | "media_type"
  | "size_bytes"
  | "content_address"
  | "digest_sha256"
  | "annotations"
  | "event_sequence"
>;

/**
 * What a sealed manifest says otherwise than the package and the files that were recorded before it: number, paths,
 * addresses, digests, sizes, media types, annotations, and every field of the package. For people; `undefined` if
 * nothing. A row at a time in memory, beside the manifest.
 *
 * @param sequence of the event that sealed it; files that were recorded later are none of the package's
 */
export async function sealDifference(
  { reader, tables }: ViewSource,
  packageId: string,
  manifest: Manifest,
  sequence: number = Number.POSITIVE_INFINITY,
): Promise<string | undefined> {
  const row = await reader.get<PackageRow>(
    sql`SELECT * FROM ${tables.artifact_packages} WHERE id = ${packageId}`,
  );
  if (row === undefined) return "seals a package that no event created";
  const field = sealedFieldDifference(row, manifest);
  if (field !== undefined) return `seals another ${field} than the package has`;
  const rows = reader.iterate<ComparedRow>(sql`
    SELECT relative_path, media_type, size_bytes, content_address, digest_sha256, annotations, event_sequence
    FROM ${tables.artifact_files} WHERE package_id = ${packageId} ORDER BY relative_path`);
  let index = 0;
  for await (const found of rows) {
    const path = quoteForTerminal(found.relative_path);
    if (found.event_sequence > sequence) return `seals the package before its file ${path} was recorded`;
    const file = manifest.files[index++];
    if (file === undefined) return `seals ${manifest.files.length} files, and file ${path} was recorded, too`;
    if (file.path !== found.relative_path)
      return `does not seal the files that were recorded, from ${path} on`;
    if (!isSealed(file, found)) return `seals file ${path} otherwise than it was recorded`;
  }
  if (index === manifest.files.length) return undefined;
  return `seals ${manifest.files.length} files, and ${index} were recorded`;
}

function isSealed(file: ManifestFile, row: ComparedRow): boolean {
  return (
    file.content_address === row.content_address &&
    file.sha256 === row.digest_sha256 &&
    file.size_bytes === row.size_bytes &&
    file.media_type === row.media_type &&
    (file.annotations === undefined ? null : printCanonicalJson(file.annotations)) === row.annotations
  );
}

/** The first field of the package that its manifest has otherwise; `undefined` if there is none. */
export function sealedFieldDifference(row: PackageRow, manifest: Manifest): string | undefined {
  const { package: sealed, provenance, retention_summary: retention } = manifest;
  const fields: readonly (readonly [string, string | null, string | null])[] = [
    ["name", sealed.name, row.name],
    ["producer", sealed.producer, row.producer],
    ["subject", sealed.subject, row.subject],
    ["external_id", sealed.external_id ?? null, row.external_id],
    ["metadata_schema", sealed.metadata_schema?.slug ?? null, row.metadata_schema_slug],
    ["metadata_schema", sealed.metadata_schema?.digest ?? null, row.metadata_schema_digest],
    ["retention_class", retention.retention_class, row.retention_class],
    ["metadata", printed(sealed.metadata), row.metadata],
    ["provenance", printed(provenance), row.provenance],
  ];
  return fields.find(([, before, after]) => before !== after)?.[0];
}

function printed(document: JsonObject): string {
  return printCanonicalJson(document);
}
