import type { OpenSqlite, SqliteConnection } from "../../src/core/sqlite-port.ts";
import { runtime } from "./test-runtime.ts";

/** Whether this SQL fails, and with which of SQLite's primary codes. */
export type SqliteFaultPlan = (sql: string, path: string) => { readonly code: number } | undefined;

/** The runtime's SQLite, with faults in what `exec` is given, and on opening (`sql` is then "open" or "open read-only"). */
export function faultySqlite(plan: SqliteFaultPlan): OpenSqlite {
  return (path, options) => {
    const fail = (sql: string) => {
      const fault = plan(sql, path);
      if (fault === undefined) return;
      throw Object.assign(new Error(`injected: code ${fault.code}`), {
        code: "SQLITE_INJECTED",
        errno: fault.code,
      });
    };
    fail(options.immutable === true ? "open immutable" : options.readOnly ? "open read-only" : "open");
    const connection = runtime.openSqlite(path, options);
    return {
      exec(sql) {
        fail(sql);
        connection.exec(sql);
      },
      prepare: (sql) => connection.prepare(sql),
      close: () => connection.close(),
    } satisfies SqliteConnection;
  };
}
