import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type {
  SqliteConnection,
  SqliteOpenOptions,
  SqliteRow,
  SqliteStatement,
  SqliteValue,
} from "../../core/sqlite-port.ts";

/** SQLite as `node:sqlite` has it, in the shape of the port. */
export function openSqlite(path: string, options: SqliteOpenOptions): SqliteConnection {
  if (!options.create && path !== ":memory:" && !existsSync(path)) {
    throw new Error(`unable to open database file: "${path}" does not exist`);
  }
  const location = options.immutable === true ? `${pathToFileURL(path).href}?immutable=1` : path;
  const database = new DatabaseSync(location, { readOnly: options.readOnly });
  return {
    exec(sql) {
      database.exec(sql);
    },
    prepare(sql): SqliteStatement {
      const statement = database.prepare(sql);
      const spread = (parameters: readonly SqliteValue[]) => parameters as SqliteValue[];
      return {
        all: (parameters) => statement.all(...spread(parameters)) as SqliteRow[],
        get: (parameters) => statement.get(...spread(parameters)) as SqliteRow | undefined,
        run: (parameters) => Number(statement.run(...spread(parameters)).changes),
        iterate: (parameters) => statement.iterate(...spread(parameters)) as Iterable<SqliteRow>,
        finalize: () => {},
      };
    },
    close() {
      database.close();
    },
  };
}
