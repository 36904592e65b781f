import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import { openSqliteDatabase } from "../../src/db/sqlite/open-sqlite-database.ts";
import { runtime } from "./test-runtime.ts";

export interface OpenedDatabase {
  readonly database: RegistryDatabase;
  close(): Promise<void>;
}

/** An empty registry's database in a file of its own. */
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

export function openDatabaseAt(path: string, mode: "read" | "write"): Promise<RegistryDatabase> {
  return openSqliteDatabase({ path, mode, openSqlite: runtime.openSqlite, clock: () => 0 });
}
