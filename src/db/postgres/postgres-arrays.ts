import type { ColumnValue } from "../registry-database.ts";
import { printBytes } from "./postgres-values.ts";

/** What must be escaped within a quoted element (PostgreSQL documentation, section 8.15.6). */
const ESCAPED = /["\\]/g;

/** One column of many rows as one array literal: `{"a",NULL,"b\"c"}`. */
export function printArray(rows: readonly (readonly ColumnValue[])[], column: number): string {
  let text = "{";
  for (const row of rows) {
    if (text.length > 1) text += ",";
    text += printElement(row[column] ?? null);
  }
  return `${text}}`;
}

function printElement(value: ColumnValue): string {
  if (value === null) return "NULL";
  if (typeof value === "number") return String(value);
  // The backslash of `\x` is escaped as in any text.
  return typeof value === "string" ? `"${value.replace(ESCAPED, "\\$&")}"` : `"\\${printBytes(value)}"`;
}
