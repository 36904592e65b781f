import { PgDialect } from "drizzle-orm/pg-core/dialect";
import type { SQL } from "drizzle-orm/sql/sql";
import { getTableName, type Table } from "drizzle-orm/table";
import { getTableColumns } from "drizzle-orm/utils";
import { ArtifactstoreError } from "../../core/errors.ts";
import type { ColumnValue, DatabaseWriter } from "../registry-database.ts";
import { runSavepoint } from "../savepoint.ts";
import { printArray } from "./postgres-arrays.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { postgresDialect } from "./postgres-dialect.ts";
import { mapPostgresError } from "./postgres-errors.ts";

/** Rows given to one INSERT; a row of ours is about half a kilobyte. Count. */
const ROWS_AT_ONCE = 1000;

/** Rows of an unbounded answer that are in memory at a time. Count. */
const ROWS_FETCHED = 500;

const TYPE_OF_COLUMN: Readonly<Record<string, string>> = { text: "text", integer: "int8", blob: "bytea" };

/** One transaction on one connection, in the shape of the seam. It begins and ends no transaction. */
export class PostgresSession implements DatabaseWriter {
  readonly dialect = postgresDialect;
  readonly #connection: PostgresConnection;
  readonly #dialect = new PgDialect();
  #cursors = 0;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  async all<Row>(query: SQL): Promise<Row[]> {
    const { text, parameters } = this.#render(query);
    return (await this.#ask(text, parameters, "query the database", "read")).rows as Row[];
  }

  async get<Row>(query: SQL): Promise<Row | undefined> {
    return (await this.all<Row>(query))[0];
  }

  async run(query: SQL): Promise<number> {
    const { text, parameters } = this.#render(query);
    return (await this.#ask(text, parameters, "change the database", "write")).count;
  }

  /** A cursor of the server, with a name of its own: several loops may be under way, and each may be left early. */
  async *iterate<Row>(query: SQL): AsyncIterable<Row> {
    const { text, parameters } = this.#render(query);
    this.#cursors += 1;
    // Never prepared: of a prepared FETCH the driver would remember the columns of an earlier cursor.
    const cursor = `rows_${this.#cursors}`;
    await this.#guard("query the database", "read", () =>
      this.#connection.queryOnce(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${text}`, parameters),
    );
    try {
      while (true) {
        const { rows } = await this.#guard("query the database", "read", () =>
          this.#connection.script(`FETCH ${ROWS_FETCHED} FROM ${cursor}`),
        );
        yield* rows as Row[];
        if (rows.length < ROWS_FETCHED) return;
      }
    } finally {
      // Where the transaction has failed the cursor is gone with it.
      await this.#connection.script(`CLOSE ${cursor}`).catch(() => {});
    }
  }

  /** One parameter for each column, which holds that column of all rows: one plan whatever their number is. */
  async insert(
    table: Table,
    columns: readonly string[],
    rows: readonly (readonly ColumnValue[])[],
  ): Promise<void> {
    if (rows.length === 0) return;
    const name = getTableName(table);
    const target = `INSERT INTO ${quote(name)} (${columns.map(quote).join(", ")})`;
    const action = `insert into "${name}"`;
    const [first] = rows;
    if (rows.length === 1 && first !== undefined) {
      const marks = columns.map((_, index) => `$${index + 1}`).join(", ");
      await this.#ask(`${target} VALUES (${marks})`, first.map(columnValue), action, "write");
      return;
    }
    const types = columnTypes(table);
    const arrays = columns.map((column, index) => `$${index + 1}::${types.get(column) ?? "text"}[]`);
    const text = `${target} SELECT * FROM unnest(${arrays.join(", ")})`;
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      const batch = rows.slice(at, at + ROWS_AT_ONCE);
      await this.#ask(
        text,
        columns.map((_, index) => printArray(batch, index)),
        action,
        "write",
      );
    }
  }

  savepoint<T>(work: () => Promise<T>): Promise<T> {
    const control = async (statement: string) => {
      await this.#guard("keep a part of a transaction apart", "write", () =>
        this.#connection.script(statement),
      );
    };
    return runSavepoint(control, work);
  }

  #ask(text: string, parameters: readonly ColumnValue[], action: string, kind: "read" | "write") {
    return this.#guard(action, kind, () => this.#connection.query(text, parameters));
  }

  async #guard<T>(action: string, kind: "read" | "write", work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw mapPostgresError(error, action, kind);
    }
  }

  #render(query: SQL): { text: string; parameters: ColumnValue[] } {
    const { sql, params } = this.#dialect.sqlToQuery(query);
    return { text: sql, parameters: params.map(columnValue) };
  }
}

const typesOfTable = new WeakMap<Table, ReadonlyMap<string, string>>();

/** The server's types of a table's columns, which are typed once for both databases. */
function columnTypes(table: Table): ReadonlyMap<string, string> {
  const known = typesOfTable.get(table);
  if (known !== undefined) return known;
  const types = new Map<string, string>();
  for (const column of Object.values(getTableColumns(table))) {
    types.set(column.name, TYPE_OF_COLUMN[column.getSQLType()] ?? "text");
  }
  typesOfTable.set(table, types);
  return types;
}

/** Our names have no quotes in them. */
function quote(name: string): string {
  return `"${name}"`;
}

/** Guards what templates carry: `undefined` or an object would be bound as something else, or refused obscurely. */
function columnValue(value: unknown): ColumnValue {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  if (value instanceof Uint8Array) return value;
  throw new ArtifactstoreError(
    "internal",
    `Cannot bind a parameter: a ${typeof value} is no value of a column`,
  );
}
