import { sql } from "drizzle-orm/sql/sql";
import { getTableConfig } from "drizzle-orm/sqlite-core/utils";
import { equalBytes } from "../core/equal-bytes.ts";
import { compareUtf8 } from "../core/utf8-order.ts";
import type { ColumnValue, DatabaseReader } from "../db/registry-database.ts";
import { VIEW_KEYS, VIEW_NAMES, type ViewName, views } from "../db/view-tables.ts";

/** One row that is not as replay has it. */
export interface ViewDifference {
  readonly table: ViewName;
  /** The row's primary key, its columns joined by a space. */
  readonly key: string;
  /** `missing` in the view, `unexpected` there, or another value in `column`. */
  readonly kind: "missing" | "unexpected" | "differs";
  readonly column?: string;
  readonly live?: ColumnValue;
  readonly replayed?: ColumnValue;
}

export interface ViewComparison {
  readonly differences: ViewDifference[];
  /** All of them, listed or not. */
  readonly differenceCount: number;
}

/** Differences listed; all are counted. Count. */
const DIFFERENCES_LISTED_MAX = 100;

/** Rows of each side in memory. Count. */
const PAGE_SIZE = 1000;

type Row = Record<string, ColumnValue>;

/** Compares every view, row by row in order of primary key, a page of each side in memory at a time. */
export async function compareViews(live: DatabaseReader, replayed: DatabaseReader): Promise<ViewComparison> {
  const differences: ViewDifference[] = [];
  let differenceCount = 0;
  for (const table of VIEW_NAMES) {
    for await (const difference of compareTable(table, live, replayed)) {
      differenceCount += 1;
      if (differences.length < DIFFERENCES_LISTED_MAX) differences.push(difference);
    }
  }
  return { differences, differenceCount };
}

async function* compareTable(
  table: ViewName,
  live: DatabaseReader,
  replayed: DatabaseReader,
): AsyncIterable<ViewDifference> {
  const columns = getTableConfig(views[table]).columns.map((column) => column.name);
  const left = new RowCursor(table, live);
  const right = new RowCursor(table, replayed);
  while (true) {
    const a = left.row ?? (await left.fetch());
    const b = right.row ?? (await right.fetch());
    if (a === undefined && b === undefined) return;
    const order = a === undefined ? 1 : b === undefined ? -1 : compareKeys(table, a, b);
    if (order < 0 && a !== undefined) yield { table, key: keyText(table, a), kind: "unexpected" };
    if (order > 0 && b !== undefined) yield { table, key: keyText(table, b), kind: "missing" };
    if (order === 0 && a !== undefined && b !== undefined) {
      for (const column of columns) {
        const x = a[column] ?? null;
        const y = b[column] ?? null;
        if (x !== y && !areEqualBytes(x, y)) {
          yield { table, key: keyText(table, a), kind: "differs", column, live: x, replayed: y };
        }
      }
    }
    if (order <= 0) left.next();
    if (order >= 0) right.next();
  }
}

/** Walks a view in order of its key. */
class RowCursor {
  readonly #table: ViewName;
  readonly #reader: DatabaseReader;
  #page: Row[] = [];
  #at = 0;
  #last: Row | undefined;

  constructor(table: ViewName, reader: DatabaseReader) {
    this.#table = table;
    this.#reader = reader;
  }

  /** The current row, if it is in memory. */
  get row(): Row | undefined {
    return this.#page[this.#at];
  }

  next(): void {
    this.#at += 1;
  }

  /** The next page's first row; `undefined` at the end. */
  async fetch(): Promise<Row | undefined> {
    this.#last = this.#page.at(-1) ?? this.#last;
    const keys = VIEW_KEYS[this.#table];
    const list = sql.join(
      keys.map((key) => sql.identifier(key)),
      sql`, `,
    );
    const last = this.#last;
    const after =
      last === undefined
        ? sql`1 = 1`
        : sql`(${list}) > (${sql.join(
            keys.map((key) => sql`${last[key]}`),
            sql`, `,
          )})`;
    this.#page = await this.#reader.all<Row>(
      sql`SELECT * FROM ${views[this.#table]} WHERE ${after} ORDER BY ${list} LIMIT ${PAGE_SIZE}`,
    );
    this.#at = 0;
    return this.#page[0];
  }
}

/** As the databases order texts. Keys are texts in every view. */
function compareKeys(table: ViewName, a: Row, b: Row): number {
  for (const key of VIEW_KEYS[table]) {
    const order = compareUtf8(String(a[key]), String(b[key]));
    if (order !== 0) return order;
  }
  return 0;
}

function keyText(table: ViewName, row: Row): string {
  return VIEW_KEYS[table].map((key) => row[key]).join(" ");
}

function areEqualBytes(a: ColumnValue, b: ColumnValue): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array && equalBytes(a, b);
}
