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
        // `StatementSync.iterate` of Deno 2.9 ends quietly where a row cannot be read (a damaged page, say). An
        // answer must never be cut short without a word, so all rows are fetched; unbounded reads go by pages.
        iterate: (parameters) => statement.all(...spread(parameters)) as SqliteRow[],
        finalize: () => {},
      };
    },
    close() {
      database.close();
    },
  };
}
