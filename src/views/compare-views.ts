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
    const sums = await compareTable(reader, name, replayed);
    if (sums.wrong > 0) differences.push(...(await findWrong(reader, name, replayed)));
    if (sums.missing > 0) differences.push(...(await findMissing(reader, name, replayed)));
    differenceCount += sums.wrong + sums.missing;
  }
  return { differences, differenceCount };
}

/** Counts rows of the view that replay has otherwise or not at all, and rows of replay that the view lacks. */
async function compareTable(
  reader: DatabaseReader,
  name: ViewName,
  replayed: ViewTables,
): Promise<{ wrong: number; missing: number }> {
  const found = at("r", VIEW_KEYS[name][0]);
  const sums = await reader.get<{ wrong: number; matched: number }>(sql`
    SELECT count(${found}) AS matched, coalesce(sum(CASE WHEN ${anyDiffers(name)} THEN 1 ELSE 0 END), 0) AS wrong
    FROM ${views[name]} AS l LEFT JOIN ${replayed[name]} AS r ON ${sameKey(name)}`);
  const rows = await reader.get<{ total: number }>(sql`SELECT count(*) AS total FROM ${replayed[name]}`);
  return { wrong: sums?.wrong ?? 0, missing: (rows?.total ?? 0) - (sums?.matched ?? 0) };
}

function columnsOf(name: ViewName): string[] {
  return getTableConfig(views[name]).columns.map((column) => column.name);
}

function anyDiffers(name: ViewName): SQL {
  return sql.join(
    columnsOf(name).map((column) => sql`${at("l", column)} IS DISTINCT FROM ${at("r", column)}`),
    sql` OR `,
  );
}

async function findWrong(
  reader: DatabaseReader,
  name: ViewName,
  replayed: ViewTables,
): Promise<ViewDifference[]> {
  const columns = columnsOf(name);
  const both = columns.flatMap((column) => [
    sql`${at("l", column)} AS ${sql.identifier(`l_${column}`)}`,
    sql`${at("r", column)} AS ${sql.identifier(`r_${column}`)}`,
  ]);
  const rows = await reader.all<Row>(sql`
    SELECT ${sql.join(both, sql`, `)}
    FROM ${views[name]} AS l LEFT JOIN ${replayed[name]} AS r ON ${sameKey(name)}
    WHERE ${anyDiffers(name)} ORDER BY ${keyColumns("l", name)} LIMIT ${DIFFERENCES_LISTED_MAX}`);
  return rows.map((row): ViewDifference => {
    const key = VIEW_KEYS[name].map((column) => row[`l_${column}`]).join(" ");
    if (row[`r_${VIEW_KEYS[name][0]}`] === null) return { table: name, key, kind: "unexpected" };
    const column = columns.find((each) => row[`l_${each}`] !== row[`r_${each}`]) ?? "";
    const live = row[`l_${column}`] ?? null;
    return { table: name, key, kind: "differs", column, live, replayed: row[`r_${column}`] ?? null };
  });
}

async function findMissing(
  reader: DatabaseReader,
  name: ViewName,
  replayed: ViewTables,
): Promise<ViewDifference[]> {
  const keys = keyColumns("r", name);
  const rows = await reader.all<Row>(sql`
    SELECT ${keys} FROM ${replayed[name]} AS r
    WHERE NOT EXISTS (SELECT 1 FROM ${views[name]} AS l WHERE ${sameKey(name)})
    ORDER BY ${keys} LIMIT ${DIFFERENCES_LISTED_MAX}`);
  return rows.map((row): ViewDifference => {
    const key = VIEW_KEYS[name].map((column) => row[column]).join(" ");
    return { table: name, key, kind: "missing" };
  });
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
