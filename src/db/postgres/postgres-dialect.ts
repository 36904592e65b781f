import { type SQL, sql } from "drizzle-orm/sql/sql";
import { jsonValuesPrintedAs } from "../json-member.ts";
import type { DialectFragments } from "../registry-database.ts";

export const postgresDialect: DialectFragments = {
  name: "postgres",
  forUpdate: sql.raw("FOR UPDATE"),
  jsonMemberIs,
  packageMetadataIs: (packages, key, text) => jsonMemberIs(sql`${packages}.metadata`, key, text),
};

/** By containment, which the index over the same expression answers. A text with U+0000 is in no document. */
function jsonMemberIs(column: SQL, key: string, text: string): SQL {
  if (key.includes("\0") || text.includes("\0")) return sql`FALSE`;
  const conditions = jsonValuesPrintedAs(text).map(
    (value) => sql`${column}::JSONB @> ${JSON.stringify({ [key]: value })}::JSONB`,
  );
  return sql`(${sql.join(conditions, sql` OR `)})`;
}
