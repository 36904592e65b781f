import { type SQL, sql } from "drizzle-orm/sql/sql";
import { type JsonScalar, jsonValuesPrintedAs } from "../json-member.ts";
import type { DialectFragments } from "../registry-database.ts";

export const sqliteDialect: DialectFragments = {
  name: "sqlite",
  /** Nothing: a writing transaction holds the one write lock from its start (`BEGIN IMMEDIATE`). */
  forUpdate: sql.raw(""),
  jsonMemberIs,
  packageMetadataIs,
};

/** Of what `package_metadata` holds (migration 3). Characters. */
const INDEXED_KEY_MAX_LENGTH = 128;
const INDEXED_TEXT_LENGTH = 64;

/** Through the table that stands for an index, then by the metadata themselves, since long texts are cut there. */
function packageMetadataIs(packages: SQL, key: string, text: string): SQL {
  const is = jsonMemberIs(sql`${packages}.metadata`, key, text);
  if ([...key].length > INDEXED_KEY_MAX_LENGTH) return is;
  const found = jsonValuesPrintedAs(text).map((value) => indexed(key, value));
  return sql`${packages}.created_event_sequence IN (${sql.join(found, sql` UNION ALL `)}) AND ${is}`;
}

function indexed(key: string, scalar: JsonScalar): SQL {
  const kind = typeof scalar === "string" ? "text" : typeof scalar;
  const value =
    typeof scalar === "string"
      ? [...scalar].slice(0, INDEXED_TEXT_LENGTH).join("")
      : typeof scalar === "boolean"
        ? Number(scalar)
        : scalar;
  return sql`SELECT created_event_sequence FROM package_metadata
    WHERE key = ${key} AND kind = ${kind} AND value = ${value}`;
}

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
