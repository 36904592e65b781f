import { constants, Database, type SQLQueryBindings } from "bun:sqlite";
import { pathToFileURL } from "node:url";
import type {
  SqliteConnection,
  SqliteOpenOptions,
  SqliteRow,
  SqliteStatement,
} from "../../core/sqlite-port.ts";

/** SQLite as `bun:sqlite` has it, in the shape of the port. */
export function openSqlite(path: string, options: SqliteOpenOptions): SqliteConnection {
  const database = openDatabase(path, options);
  // A connection with an open statement stays behind as a zombie after `close` (sqlite3_close_v2): the last one out
  // would then neither fold the write-ahead log back nor remove it.
  const open = new Set<{ finalize(): void }>();
  return {
    exec(sql) {
      database.exec(sql);
    },
    prepare(sql): SqliteStatement {
      const statement = database.prepare<SqliteRow, SQLQueryBindings[]>(sql);
      open.add(statement);
      return {
        all: (parameters) => statement.all(...(parameters as SQLQueryBindings[])),
        get: (parameters) => statement.get(...(parameters as SQLQueryBindings[])) ?? undefined,
        run: (parameters) => statement.run(...(parameters as SQLQueryBindings[])).changes,
        iterate: (parameters) => statement.iterate(...(parameters as SQLQueryBindings[])),
        finalize: () => {
          open.delete(statement);
          statement.finalize();
        },
      };
    },
    close() {
      for (const statement of open) statement.finalize();
      open.clear();
      database.close();
    },
  };
}

function openDatabase(path: string, options: SqliteOpenOptions): Database {
  if (options.readOnly && options.immutable === true) {
    const flags = constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI;
    return new Database(`${pathToFileURL(path).href}?immutable=1`, flags);
  }
  return options.readOnly
    ? new Database(path, { readonly: true })
    : new Database(path, { readwrite: true, create: options.create });
}
