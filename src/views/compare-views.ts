import { type SQL, sql } from "drizzle-orm/sql/sql";
import { getTableConfig } from "drizzle-orm/sqlite-core/utils";
import type { ColumnValue, DatabaseReader } from "../db/registry-database.ts";
import { VIEW_KEYS, VIEW_NAMES, type ViewName, type ViewTables, views } from "../db/view-tables.ts";

/** One row that is not as replay has it. */
export interface ViewDifference {
  readonly table: ViewName;
  /** The row's primary key, its columns joined by a space. */
  readonly key: string;
  /** `missing` in the view, `unexpected` there, or another value in `column` (the first that differs). */
  readonly kind: "missing" | "unexpected" | "differs";
  readonly column?: string;
  readonly live?: ColumnValue;
  readonly replayed?: ColumnValue;
}

export interface ViewComparison {
  readonly differences: ViewDifference[];
  /** Rows that differ, listed or not. */
  readonly differenceCount: number;
}

/** Differences listed for each view; all are counted. Count. */
const DIFFERENCES_LISTED_MAX = 50;

type Row = Record<string, ColumnValue>;

/**
 * Compares every view, row by row and column by column, with a replayed set beside it. The database does it: fetching
 * both sides would take most of the time of a replay.
 */
export async function compareViews(reader: DatabaseReader, replayed: ViewTables): Promise<ViewComparison> {
  const differences: ViewDifference[] = [];
  let differenceCount = 0;
  for (const name of VIEW_NAMES) {
    const wrong = await findWrong(reader, name, replayed);
    const missing = await findMissing(reader, name, replayed);
    differences.push(...wrong.differences, ...missing.differences);
    differenceCount += wrong.differenceCount + missing.differenceCount;
  }
  return { differences, differenceCount };
}

/** Rows of the view that replay does not have, or has otherwise. */
async function findWrong(
  reader: DatabaseReader,
  name: ViewName,
  replayed: ViewTables,
): Promise<ViewComparison> {
  const columns = getTableConfig(views[name]).columns.map((column) => column.name);
  const anyDiffers = sql.join(
    columns.map((column) => sql`${at("l", column)} IS DISTINCT FROM ${at("r", column)}`),
    sql` OR `,
  );
  const from = sql`FROM ${views[name]} AS l LEFT JOIN ${replayed[name]} AS r ON ${sameKey(name)} WHERE ${anyDiffers}`;
  const differenceCount = await count(reader, from);
  if (differenceCount === 0) return { differences: [], differenceCount };
  const both = columns.flatMap((column) => [
    sql`${at("l", column)} AS ${sql.identifier(`l_${column}`)}`,
    sql`${at("r", column)} AS ${sql.identifier(`r_${column}`)}`,
  ]);
  const rows = await reader.all<Row>(sql`
    SELECT ${sql.join(both, sql`, `)} ${from} ORDER BY ${keyColumns("l", name)} LIMIT ${DIFFERENCES_LISTED_MAX}`);
  const differences = rows.map((row): ViewDifference => {
    const key = VIEW_KEYS[name].map((column) => row[`l_${column}`]).join(" ");
    if (row[`r_${VIEW_KEYS[name][0]}`] === null) return { table: name, key, kind: "unexpected" };
    const column = columns.find((each) => row[`l_${each}`] !== row[`r_${each}`]) ?? "";
    const live = row[`l_${column}`] ?? null;
    return { table: name, key, kind: "differs", column, live, replayed: row[`r_${column}`] ?? null };
  });
  return { differences, differenceCount };
}

/** Rows of the replay that the view does not have. */
async function findMissing(
  reader: DatabaseReader,
  name: ViewName,
  replayed: ViewTables,
): Promise<ViewComparison> {
  const from = sql`
    FROM ${replayed[name]} AS r WHERE NOT EXISTS (SELECT 1 FROM ${views[name]} AS l WHERE ${sameKey(name)})`;
  const differenceCount = await count(reader, from);
  if (differenceCount === 0) return { differences: [], differenceCount };
  const keys = keyColumns("r", name);
  const rows = await reader.all<Row>(
    sql`SELECT ${keys} ${from} ORDER BY ${keys} LIMIT ${DIFFERENCES_LISTED_MAX}`,
  );
  const differences = rows.map(
    (row): ViewDifference => ({
      table: name,
      key: VIEW_KEYS[name].map((column) => row[column]).join(" "),
      kind: "missing",
    }),
  );
  return { differences, differenceCount };
}

async function count(reader: DatabaseReader, from: SQL): Promise<number> {
  return (await reader.get<{ total: number }>(sql`SELECT count(*) AS total ${from}`))?.total ?? 0;
}

function sameKey(name: ViewName): SQL {
  const equal = VIEW_KEYS[name].map((column) => sql`${at("r", column)} = ${at("l", column)}`);
  return sql.join(equal, sql` AND `);
}

function keyColumns(side: "l" | "r", name: ViewName): SQL {
  return sql.join(
    VIEW_KEYS[name].map((column) => at(side, column)),
    sql`, `,
  );
}

function at(side: "l" | "r", column: string): SQL {
  return sql`${sql.identifier(side)}.${sql.identifier(column)}`;
}
