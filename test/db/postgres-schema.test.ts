import assert from "node:assert/strict";
import { it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
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
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import { idempotencyKeys, uploads } from "../../src/db/request-tables.ts";
import { views } from "../../src/db/view-tables.ts";
import { describeOnPostgres } from "../support/describe-on-postgres.ts";
import { openMemoryDatabase } from "../support/open-database.ts";
import { openOwnPostgres, openPostgresAt } from "../support/open-postgres.ts";
import { asSuperuser, createTestSchema } from "../support/test-postgres.ts";

const TABLES = [
  ...[registry, events, logHead, logTiles, leases, locationChecks, schemaMigrations, uploads],
  idempotencyKeys,
  ...Object.values(views),
];

const TYPES: Readonly<Record<string, string>> = { text: "text", integer: "bigint", blob: "bytea" };

const MORE_INDEXES = ["artifact_packages_metadata"];

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly required: number;
  readonly collation: string | null;
}

function columnsOf(database: RegistryDatabase, table: string): Promise<ColumnInfo[]> {
  return database.read((reader) =>
    reader.all<ColumnInfo>(sql`
      SELECT column_name AS name, data_type AS type, is_nullable = 'NO' AS required, collation_name AS collation
      FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ${table}
      ORDER BY ordinal_position`),
  );
}

describeOnPostgres("the schema in PostgreSQL", () => {
  it("has the tables that the code names, column by column, its texts in the order of their bytes", async () => {
    const { database, close } = await openOwnPostgres();
    for (const table of TABLES) {
      const config = getTableConfig(table);
      const keys = config.primaryKeys.flatMap((key) => key.columns.map((column) => column.name));
      assert.deepEqual(
        await columnsOf(database, config.name),
        config.columns.map((column) => ({
          name: column.name,
          type: TYPES[column.getSQLType()],
          required: column.notNull || column.primary || keys.includes(column.name) ? 1 : 0,
          collation: column.getSQLType() === "text" ? "C" : null,
        })),
        config.name,
      );
    }
    const tables = await database.read((reader) =>
      reader.all<{ name: string }>(sql`
        SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()`),
    );
    assert.deepEqual(
      tables.map(({ name }) => name).toSorted(),
      TABLES.map((table) => getTableConfig(table).name).toSorted(),
    );
    await close();
  });

  it("has the indexes of SQLite, one over the members of metadata and one over all external ids", async () => {
    const [sqlite, postgres] = [await openMemoryDatabase(), await openOwnPostgres()];
    const ofSqlite = await sqlite.database.read((reader) =>
      reader.all<{ name: string }>(
        sql`SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`,
      ),
    );
    const ofPostgres = await postgres.database.read((reader) =>
      reader.all<{ name: string }>(sql`
        SELECT indexname AS name FROM pg_indexes
        WHERE schemaname = current_schema() AND indexname NOT LIKE '%_pkey'`),
    );
    assert.deepEqual(
      ofPostgres.map(({ name }) => name).toSorted(),
      [...ofSqlite.map(({ name }) => name), ...MORE_INDEXES].toSorted(),
    );
    await sqlite.close();
    await postgres.close();
  });

  it("is as it should be while what a replay made beside goes away", async () => {
    const { url, name, drop } = await createTestSchema();
    const database = await openPostgresAt(url, "write");
    await asSuperuser(`SET search_path TO ${name};
      CREATE TABLE replay_artifact_files AS SELECT * FROM artifact_files;
      CREATE UNIQUE INDEX replay_artifact_files_key ON replay_artifact_files (id);
      CREATE TABLE replay_run (run_id TEXT NOT NULL PRIMARY KEY DEFAULT 'x')`);
    const differences = await database.read(async (reader) => {
      // The snapshot is taken by now.
      await asSuperuser(`DROP TABLE ${name}.replay_artifact_files, ${name}.replay_run`);
      return await database.schema?.differences(reader);
    });
    assert.deepEqual(differences, []);
    await database.close();
    await drop();
  });
});
