import { getTableConfig } from "drizzle-orm/sqlite-core/utils";
import { createViewTables, VIEW_KEYS, VIEW_NAMES } from "../view-tables.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { mapPostgresError } from "./postgres-errors.ts";

const TYPE_OF_COLUMN: Readonly<Record<string, string>> = { text: 'TEXT COLLATE "C"', integer: "BIGINT" };

/** What is temporary changes nothing of the registry, so it is made where `default_transaction_read_only` is on, too. */
export const SCRATCH_WRITABLE = "SET default_transaction_read_only = off";

/**
 * Makes an empty set of views out of temporary tables, which belong to the connection and need not fit into memory.
 * Called outside a transaction. Throws `database_read_only` where none can be made: on a standby, and for a role
 * without the privilege TEMPORARY.
 */
export async function createScratchViews(connection: PostgresConnection, prefix: string): Promise<void> {
  const tables = createViewTables(prefix);
  const statements = VIEW_NAMES.map((name) => {
    const { name: tableName, columns } = getTableConfig(tables[name]);
    const list = columns
      .map((column) => `"${column.name}" ${TYPE_OF_COLUMN[column.getSQLType()]}`)
      .join(", ");
    const key = VIEW_KEYS[name].map((column) => `"${column}"`).join(", ");
    return `CREATE TEMPORARY TABLE "${tableName}" (${list}, PRIMARY KEY (${key}))`;
  });
  try {
    await connection.script(SCRATCH_WRITABLE);
    await connection.script(statements.join(";\n"));
  } catch (error) {
    throw mapPostgresError(
      error,
      "make temporary tables beside the views, as replay needs them (a standby has none)",
      "write",
    );
  }
}
