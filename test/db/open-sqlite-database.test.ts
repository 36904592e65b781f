import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import type { OpenSqlite } from "../../src/core/sqlite-port.ts";
import type { Migration } from "../../src/db/migration.ts";
import { sqliteMigrations } from "../../src/db/sqlite/migrations/migrations.ts";
import {
  type OpenSqliteDatabaseOptions,
  openSqliteDatabase,
} from "../../src/db/sqlite/open-sqlite-database.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";
import { runtime } from "../support/test-runtime.ts";

const NEXT: Migration = {
  version: sqliteMigrations.length + 1,
  name: "next",
  sql: "CREATE TABLE later (id TEXT PRIMARY KEY NOT NULL) STRICT;",
};

function open(path: string, options: Partial<OpenSqliteDatabaseOptions> = {}) {
  return openSqliteDatabase({
    path,
    mode: "write",
    openSqlite: runtime.openSqlite,
    clock: () => 1_700_000_000_000,
    ...options,
  });
}

/** A registry's file with one lease in it. */
async function makeRegistry(path: string): Promise<void> {
  const database = await open(path);
  await database.write((writer) =>
    writer.run(sql`INSERT INTO leases VALUES ('kept', 'use', 'h', 't', 't', x'')`),
  );
  await database.close();
}

async function leaseIds(path: string, options: Partial<OpenSqliteDatabaseOptions> = {}): Promise<string[]> {
  const database = await open(path, { mode: "read", ...options });
  const rows = await database.read((reader) => reader.all<{ id: string }>(sql`SELECT id FROM leases`));
  await database.close();
  return rows.map(({ id }) => id);
}

describe("opening an SQLite database", () => {
  it("makes the file and its directories to write, for nobody but the owner", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "a", "b", "registry.db");
      await makeRegistry(path);
      assert.equal(statSync(join(directory, "a")).mode & 0o777, 0o700);
      assert.deepEqual(await leaseIds(path), ["kept"]);
      assert.equal(existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0, false);
    }));

  it("makes nothing to read", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "absent", "registry.db");
      await rejectsWithCode("registry_not_found", () => open(path, { mode: "read" }));
      assert.equal(existsSync(join(directory, "absent")), false);
    }));

  it("refuses to write what was opened to read", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "registry.db");
      await makeRegistry(path);
      const database = await open(path, { mode: "read" });
      await rejectsWithCode("database_read_only", () => database.write(async () => 1));
      await database.close();
    }));

  it("says that a damaged file is damaged", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "registry.db");
      writeFileSync(path, "this is no database ".repeat(500));
      await rejectsWithCode("database_corrupt", () => open(path, { mode: "read" }));
      await rejectsWithCode("database_corrupt", () => open(path));
    }));

  it("says that a damaged page is damaged", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "registry.db");
      await makeRegistry(path);
      const bytes = readFileSync(path);
      bytes.fill(0x5a, 4096);
      writeFileSync(path, bytes);
      await rejectsWithCode("database_corrupt", () => leaseIds(path));
    }));

  it("refuses a database of another program, and leaves it as it is", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "other.db");
      const other = runtime.openSqlite(path, { readOnly: false, create: true });
      other.exec("CREATE TABLE songs (id INTEGER)");
      other.close();
      const before = readFileSync(path);
      await rejectsWithCode("configuration", () => open(path));
      assert.deepEqual(readFileSync(path), before);
    }));

  it("says that a directory cannot be made where a file is in the way", () =>
    withTemporaryDirectory(async (directory) => {
      writeFileSync(join(directory, "file"), "");
      await rejectsWithCode("database_unavailable", () => open(join(directory, "file", "registry.db")));
    }));

  it("says that a directory is no database", () =>
    withTemporaryDirectory(async (directory) => {
      mkdirSync(join(directory, "registry.db"));
      await rejectsWithCode("configuration", () => open(join(directory, "registry.db")));
    }));
});

describe("migrating an SQLite database", () => {
  it("upgrades an older one and keeps a copy of it", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "registry.db");
      await makeRegistry(path);
      const migrations = [...sqliteMigrations, NEXT];
      const copy = `${path}.bak-v${sqliteMigrations.length}`;
      await rejectsWithCode("migration_needed", () => open(path, { mode: "read", migrations }));
      assert.equal(existsSync(copy), false);
      await (await open(path, { migrations })).close();
      assert.deepEqual(await leaseIds(path, { migrations }), ["kept"]);
      assert.deepEqual(await leaseIds(copy), ["kept"]);
      await rejectsWithCode("migration_needed", () => open(copy, { mode: "read", migrations }));
    }));

  it("refuses a newer one, to read and to write, and leaves it as it is", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "registry.db");
      await (await open(path, { migrations: [...sqliteMigrations, NEXT] })).close();
      await rejectsWithCode("database_newer", () => open(path));
      await rejectsWithCode("database_newer", () => open(path, { mode: "read" }));
      await (await open(path, { migrations: [...sqliteMigrations, NEXT] })).close();
    }));

  it("refuses one whose migrations are not ours", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "registry.db");
      await makeRegistry(path);
      const [first, ...others] = sqliteMigrations;
      assert.ok(first);
      const changed = [{ ...first, sql: `${first.sql}-- changed` }, ...others];
      await rejectsWithCode("database_corrupt", () => open(path, { migrations: changed }));
    }));

  it("refuses one whose record of migrations was lost, in whole or in part, and leaves it as it is", () =>
    withTemporaryDirectory(async (directory) => {
      for (const [number, statement] of [
        "DROP TABLE schema_migrations",
        "DELETE FROM schema_migrations",
        "DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)",
        "DELETE FROM schema_migrations WHERE version = 1",
      ].entries()) {
        const path = join(directory, `${number}.db`);
        const migrations = [...sqliteMigrations, NEXT];
        await (await open(path, { migrations })).close();
        const connection = runtime.openSqlite(path, { readOnly: false, create: false });
        connection.exec(statement);
        connection.close();
        const error = await rejectsWithCode("database_corrupt", () => open(path, { migrations }));
        assert.match(error.message, /record of migrations|migration 2/);
        if (number < 2)
          await rejectsWithCode("database_corrupt", () => open(path, { mode: "read", migrations }));
      }
    }));

  it("keeps nothing of a migration that fails", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "registry.db");
      await makeRegistry(path);
      const broken = { ...NEXT, sql: "CREATE TABLE half (id TEXT); CREATE NONSENSE;" };
      await rejectsWithCode("internal", () => open(path, { migrations: [...sqliteMigrations, broken] }));
      assert.deepEqual(await leaseIds(path), ["kept"]);
      await (await open(path, { migrations: [...sqliteMigrations, NEXT] })).close();
    }));

  it("is done once by many who come at the same time", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "registry.db");
      const opened = await Promise.all(Array.from({ length: 6 }, () => open(path)));
      for (const database of opened) await database.close();
      const database = await open(path, { mode: "read" });
      const rows = await database.read((reader) => reader.all(sql`SELECT version FROM schema_migrations`));
      await database.close();
      assert.equal(rows.length, sqliteMigrations.length);
    }));
});

describe("reading an SQLite database where no file can be made", () => {
  /** As on a read-only file system: the index of the write-ahead log can be neither found nor made. */
  const onReadOnlyMedia: OpenSqlite = (path, options) => {
    if (options.immutable === true) return runtime.openSqlite(path, options);
    throw Object.assign(new Error("unable to open database file"), { code: "ERR_SQLITE_ERROR", errcode: 14 });
  };
  const readOnly = { openSqlite: onReadOnlyMedia, canMakeFilesBeside: () => false };

  it("reads it as it is", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "odd name ?%41#.db");
      await makeRegistry(path);
      assert.deepEqual(await leaseIds(path, readOnly), ["kept"]);
    }));

  it("refuses it while a write-ahead log is waiting", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "registry.db");
      await makeRegistry(path);
      writeFileSync(`${path}-wal`, "not yet folded back");
      await rejectsWithCode("database_read_only", () => leaseIds(path, readOnly));
    }));

  it("notices that somebody writes after all", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "registry.db");
      await makeRegistry(path);
      const database = await open(path, { mode: "read", ...readOnly });
      await rejectsWithCode("database_busy", () =>
        database.read(async () => {
          const writer = await open(path);
          await writer.write((each) => each.run(sql`DELETE FROM leases`));
          await writer.close();
        }),
      );
      await database.close();
    }));

  it("does not take a writable directory for one", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "registry.db");
      await makeRegistry(path);
      await rejectsWithCode("database_unavailable", () => leaseIds(path, { openSqlite: onReadOnlyMedia }));
    }));
});
