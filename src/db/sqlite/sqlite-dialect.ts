import { type SQL, sql } from "drizzle-orm/sql/sql";
import { type JsonScalar, jsonValuesPrintedAs } from "../json-member.ts";
import type { DialectFragments } from "../registry-database.ts";

export const sqliteDialect: DialectFragments = {
  name: "sqlite",
  /** Nothing: a writing transaction holds the one write lock from its start (`BEGIN IMMEDIATE`). */
  forUpdate: sql.raw(""),
  jsonMemberIs,
};

/** `json_each` compares the key as a value; a path expression (`$."key"`) would have to quote it. */
function jsonMemberIs(column: SQL, key: string, text: string): SQL {
  const conditions = jsonValuesPrintedAs(text).map(isValue);
  return sql`EXISTS (SELECT 1 FROM json_each(${column}) AS member
    WHERE member.key = ${key} AND (${sql.join(conditions, sql` OR `)}))`;
}

function isValue(value: JsonScalar): SQL {
  if (typeof value === "boolean") return sql`member.type = ${String(value)}`;
  if (typeof value === "string") return sql`member.type = 'text' AND member.value = ${value}`;
  return sql`member.type IN ('integer', 'real') AND member.value = ${value}`;
}
