import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import type { SQLiteTable } from "drizzle-orm/sqlite-core/table";
import { getTableConfig } from "drizzle-orm/sqlite-core/utils";
import {
  events,
  leases,
  locationChecks,
  logHead,
  logTiles,
  registry,
  schemaMigrations,
} from "../../src/db/log-tables.ts";
import { idempotencyKeys, uploads } from "../../src/db/request-tables.ts";
import { VIEW_KEYS, VIEW_NAMES, views } from "../../src/db/view-tables.ts";
import { openMemoryDatabase } from "../support/open-database.ts";

const TABLES: readonly SQLiteTable[] = [
  registry,
  events,
  logHead,
  logTiles,
  leases,
  locationChecks,
  schemaMigrations,
  uploads,
  idempotencyKeys,
  ...Object.values(views),
];

/** Stand for an index that SQLite cannot make. */
const INDEX_TABLES = ["package_metadata"];

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
}

describe("the schema", () => {
  it("has the tables that the code names, column by column", async () => {
    const { database, close } = await openMemoryDatabase();
    for (const table of TABLES) {
      const config = getTableConfig(table);
      const found = await database.read((reader) =>
        reader.all<ColumnInfo>(sql`SELECT name, type, "notnull", pk FROM pragma_table_info(${config.name})`),
      );
      const keys = config.primaryKeys.flatMap((key) => key.columns.map((column) => column.name));
      assert.deepEqual(
        found.map(({ name, type, notnull, pk }) => ({
          name,
          type,
          required: notnull === 1 || pk > 0,
          key: pk > 0,
        })),
        config.columns.map((column) => ({
          name: column.name,
          type: column.getSQLType().toUpperCase(),
          required: column.notNull,
          key: column.primary || keys.includes(column.name),
        })),
        config.name,
      );
    }
    await close();
  });

  it("has no table besides", async () => {
    const { database, close } = await openMemoryDatabase();
    const rows = await database.read((reader) =>
      reader.all<{ name: string }>(sql`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`),
    );
    assert.deepEqual(
      rows.map((row) => row.name),
      [...TABLES.map((table) => getTableConfig(table).name), ...INDEX_TABLES].toSorted(),
    );
    await close();
  });

  it("has the primary keys by which views are compared", async () => {
    const { database, close } = await openMemoryDatabase();
    for (const name of VIEW_NAMES) {
      const rows = await database.read((reader) =>
        reader.all<{ name: string }>(
          sql`SELECT name FROM pragma_table_info(${name}) WHERE pk > 0 ORDER BY pk`,
        ),
      );
      assert.deepEqual(
        rows.map((row) => row.name),
        [...VIEW_KEYS[name]],
      );
    }
    await close();
  });

  it("keeps the columns of the events table that others rely on", () => {
    assert.deepEqual(
      getTableConfig(events).columns.map((column) => column.name),
      [
        "sequence",
        "created_at",
        "event_type",
        "subject_kind",
        "subject_id",
        "actor",
        "payload",
        "payload_digest",
      ],
    );
  });
});
