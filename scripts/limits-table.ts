import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as LIMITS from "../src/core/limits.ts";
import { code, markdownTable } from "./markdown-table.ts";
import { ROOT } from "./project.ts";

const SOURCE = "src/core/limits.ts";

/** A limit and the comment above it, whose last sentence is the unit. */
const LIMIT = /\/\*\* (?<meaning>[^\n]+)\. (?<unit>[^.\n]+)\. \*\/\nexport const (?<name>[A-Z0-9_]+) = /g;

/** Every limit that the source exports. Throws for one that has no comment with a unit. */
export function limitsTable(): string {
  const values = new Map<string, unknown>(Object.entries(LIMITS));
  const rows: string[][] = [];
  for (const { groups = {} } of readFileSync(join(ROOT, SOURCE), "utf8").matchAll(LIMIT)) {
    const { meaning = "", unit = "", name = "" } = groups;
    rows.push([code(name), showLimit(name, values.get(name)), lowerFirst(unit), meaning]);
    values.delete(name);
  }
  const [left] = values.keys();
  if (left !== undefined) throw new Error(`${SOURCE}: "${left}" does not say its unit in its comment`);
  return markdownTable(["limit", "at most", "unit", "of what"], rows);
}

/** As the number that programs compare with; large powers of two as people say them, too. */
function showLimit(name: string, value: unknown): string {
  if (typeof value !== "number") throw new Error(`${SOURCE}: "${name}" is not a number`);
  const mebi = value / (1024 * 1024);
  const kibi = value / 1024;
  if (name.endsWith("_BYTES") && mebi >= 1 && Number.isInteger(mebi)) return `${value} (${mebi} MiB)`;
  if (name.endsWith("_BYTES") && kibi > 1 && Number.isInteger(kibi)) return `${value} (${kibi} KiB)`;
  return String(value);
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
