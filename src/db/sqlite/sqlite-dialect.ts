import { type SQL, sql } from "drizzle-orm/sql/sql";
import type { DialectFragments } from "../registry-database.ts";

export const sqliteDialect: DialectFragments = {
  name: "sqlite",
  /** Nothing: a writing transaction holds the one write lock from its start (`BEGIN IMMEDIATE`). */
  forUpdate: sql.raw(""),
  jsonText,
};

/**
 * As PostgreSQL's `->>`: strings as they are, numbers and booleans as JSON spells them, null and absence as NULL.
 * `json_each` compares the key as a value; a path expression (`$."key"`) would have to quote it.
 */
function jsonText(column: SQL, key: string): SQL {
  return sql`(SELECT CASE member.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(member.value AS TEXT) END FROM json_each(${column}) AS member WHERE member.key = ${key} LIMIT 1)`;
}
