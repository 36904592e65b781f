import { type SQL, sql } from "drizzle-orm/sql/sql";
import { jsonValuesPrintedAs } from "../json-member.ts";
import type { DialectFragments } from "../registry-database.ts";

export const postgresDialect: DialectFragments = {
  name: "postgres",
  forUpdate: sql.raw("FOR UPDATE"),
  jsonMemberIs,
};

/**
 * By containment, which the index over the same expression answers. What the expression makes of U+0000, which `jsonb`
 * refuses, is made of the value that is looked for, too.
 */
function jsonMemberIs(column: SQL, key: string, text: string): SQL {
  const document = sql`queryable_json(${column})`;
  const conditions = jsonValuesPrintedAs(text).map((value) => {
    const wanted = JSON.stringify({ [queryable(key)]: typeof value === "string" ? queryable(value) : value });
    return sql`${document} @> ${wanted}::jsonb`;
  });
  return sql`(${sql.join(conditions, sql` OR `)})`;
}

function queryable(text: string): string {
  return text.replaceAll("\0", "\ufffd");
}
