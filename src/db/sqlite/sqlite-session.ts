import type { SQL } from "drizzle-orm/sql/sql";
import { SQLiteSyncDialect } from "drizzle-orm/sqlite-core/dialect";
import { getTableName, type Table } from "drizzle-orm/table";
import { ArtifactstoreError } from "../../core/errors.ts";
import type { SqliteConnection, SqliteStatement, SqliteValue } from "../../core/sqlite-port.ts";
import type { ColumnValue, DatabaseWriter } from "../registry-database.ts";
import { runSavepoint } from "../savepoint.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import { mapSqliteError } from "./sqlite-errors.ts";

/** Statements kept prepared on one connection. The registry's own texts are some dozens. Count. */
const STATEMENTS_MAX = 200;

/**
 * One connection with its prepared statements, in the shape of the seam. It begins and ends no transaction: that is
 * the database's part.
 */
export class SqliteSession implements DatabaseWriter {
  readonly dialect = sqliteDialect;
  readonly #connection: SqliteConnection;
  readonly #dialect = new SQLiteSyncDialect();
  /** Least recently used first. */
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  async all<Row>(query: SQL): Promise<Row[]> {
    return this.#guard("query the database", () => {
      const { text, parameters } = this.#render(query);
      return this.#statement(text).all(parameters) as Row[];
    });
  }

  async get<Row>(query: SQL): Promise<Row | undefined> {
    return this.#guard("query the database", () => {
      const { text, parameters } = this.#render(query);
      return this.#statement(text).get(parameters) as Row | undefined;
    });
  }

  async run(query: SQL): Promise<number> {
    return this.#guard("change the database", () => {
      const { text, parameters } = this.#render(query);
      return this.#statement(text).run(parameters);
    });
  }

  /** A statement of its own: two loops over one text may be under way at once, and a loop may be left early. */
  async *iterate<Row>(query: SQL): AsyncIterable<Row> {
    const { text, parameters } = this.#render(query);
    const statement = this.#guard("query the database", () => this.#connection.prepare(text));
    try {
      const rows = this.#guard("query the database", () => statement.iterate(parameters)[Symbol.iterator]());
      while (true) {
        const next = this.#guard("query the database", () => rows.next());
        if (next.done === true) return;
        yield next.value as Row;
      }
    } finally {
      statement.finalize();
    }
  }

  /**
   * One row a statement, prepared once. A statement of many rows is no quicker here, and for the table that others refer
   * to SQLite then copies each page that it is about to change into a journal of the statement's own, in a temporary
   * file: more writes than all the rest of a recording.
   */
  async insert(
    table: Table,
    columns: readonly string[],
    rows: readonly (readonly ColumnValue[])[],
  ): Promise<void> {
    if (rows.length === 0) return;
    const name = getTableName(table);
    this.#guard(`insert into "${name}"`, () => {
      const list = columns.map((column) => this.#dialect.escapeName(column)).join(", ");
      const marks = columns.map(() => "?").join(", ");
      const statement = this.#statement(
        `INSERT INTO ${this.#dialect.escapeName(name)} (${list}) VALUES (${marks})`,
      );
      for (const row of rows) statement.run(row);
    });
  }

  savepoint<T>(work: () => Promise<T>): Promise<T> {
    const control = async (statement: string) =>
      this.#guard("keep a part of a transaction apart", () => this.control(statement));
    return runSavepoint(control, work);
  }

  /** A statement without parameters or answer: BEGIN and its like. Throws what SQLite throws. */
  control(text: string): void {
    this.#statement(text).run([]);
  }

  /** Several statements without parameters or answer: a migration. */
  execute(text: string): void {
    this.#guard("change the database", () => this.#connection.exec(text));
  }

  close(): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    this.#connection.close();
  }

  #statement(text: string): SqliteStatement {
    const known = this.#statements.get(text);
    if (known !== undefined) {
      this.#statements.delete(text);
      this.#statements.set(text, known);
      return known;
    }
    const statement = this.#connection.prepare(text);
    this.#statements.set(text, statement);
    if (this.#statements.size > STATEMENTS_MAX) {
      for (const [oldest, unused] of this.#statements) {
        unused.finalize();
        this.#statements.delete(oldest);
        break;
      }
    }
    return statement;
  }

  #render(query: SQL): { text: string; parameters: SqliteValue[] } {
    const { sql, params } = this.#dialect.sqlToQuery(query);
    return { text: sql, parameters: params.map(sqliteValue) };
  }

  #guard<T>(action: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw mapSqliteError(error, action);
    }
  }
}

/** Guards what templates carry: `undefined` or an object would be bound as something else, or refused obscurely. */
function sqliteValue(value: unknown): SqliteValue {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  if (value instanceof Uint8Array) return value;
  throw new ArtifactstoreError(
    "internal",
    `Cannot bind a parameter: a ${typeof value} is no value of a column`,
  );
}
