import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import { openSqliteDatabase } from "../../src/db/sqlite/open-sqlite-database.ts";
import { openOwnPostgres, openPostgresAt } from "./open-postgres.ts";
import { TEST_DATABASE } from "./test-database.ts";
import { runtime } from "./test-runtime.ts";

export interface OpenedDatabase {
  readonly database: RegistryDatabase;
  close(): Promise<void>;
}

/** An empty registry's database of the kind that this run is over. */
export function openTestDatabase(): Promise<OpenedDatabase> {
  return TEST_DATABASE === "sqlite" ? openMemoryDatabase() : openOwnPostgres();
}

/** The same, where readers and a writer must not wait for one another: on SQLite in a file. */
export function openSharedTestDatabase(): Promise<OpenedDatabase> {
  return TEST_DATABASE === "sqlite" ? openFileDatabase() : openOwnPostgres();
}

/** In a SQLite file of its own. */
export async function openFileDatabase(): Promise<OpenedDatabase> {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "artifactstore-"));
  const database = await openDatabaseAt(join(directory, "registry.db"), "write");
  return {
    database,
    async close() {
      await database.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export async function openMemoryDatabase(): Promise<OpenedDatabase> {
  const database = await openDatabaseAt(":memory:", "write");
  return { database, close: () => database.close() };
}

/** @param place the path of a SQLite file, or a `postgresql://` URL */
export function openDatabaseAt(place: string, mode: "read" | "write"): Promise<RegistryDatabase> {
  if (place.startsWith("postgresql://")) return openPostgresAt(place, mode);
  return openSqliteDatabase({ path: place, mode, openSqlite: runtime.openSqlite, clock: () => 0 });
}
