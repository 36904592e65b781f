import { openPostgresDatabase } from "../../src/db/postgres/open-postgres-database.ts";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import type { OpenedDatabase } from "./open-database.ts";
import { createTestSchema, TEST_TIMEOUTS } from "./test-postgres.ts";

export function openPostgresAt(url: string, mode: "read" | "write"): Promise<RegistryDatabase> {
  return openPostgresDatabase({ url, mode, connectionsMax: 4, timeouts: TEST_TIMEOUTS, clock: () => 0 });
}

/** An empty registry's database in a PostgreSQL database of its own. */
export async function openOwnPostgres(): Promise<OpenedDatabase> {
  const { url, drop } = await createTestSchema();
  const database = await openPostgresAt(url, "write");
  return {
    database,
    async close() {
      await database.close();
      await drop();
    },
  };
}
