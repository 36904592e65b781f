import { sql } from "drizzle-orm/sql/sql";
import type { DatabaseReader } from "../db/registry-database.ts";
import { type MetadataSchemaRow, views } from "../db/view-tables.ts";

export async function metadataSchemaBySlug(
  reader: DatabaseReader,
  slug: string,
): Promise<MetadataSchemaRow | undefined> {
  return await reader.get<MetadataSchemaRow>(
    sql`SELECT * FROM ${views.metadata_schemas} WHERE slug = ${slug}`,
  );
}

/** One page, in order of slug. */
export async function listMetadataSchemas(
  reader: DatabaseReader,
  page: { readonly after?: string; readonly limit: number },
): Promise<MetadataSchemaRow[]> {
  return await reader.all<MetadataSchemaRow>(sql`
    SELECT * FROM ${views.metadata_schemas} WHERE slug > ${page.after ?? ""}
    ORDER BY slug LIMIT ${page.limit}`);
}
