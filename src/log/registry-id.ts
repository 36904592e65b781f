import { sql } from "drizzle-orm/sql/sql";
import { registry } from "../db/log-tables.ts";
import type { DatabaseReader, DatabaseWriter } from "../db/registry-database.ts";

/** `undefined` before the registry's first package, unless it adopted a store before. */
export async function readRegistryId(reader: DatabaseReader): Promise<string | undefined> {
  const row = await reader.get<{ registry_id: string }>(
    sql`SELECT registry_id FROM ${registry} WHERE singleton = 1`,
  );
  return row?.registry_id;
}

/**
 * The registry's id, made where there is none yet. Call it in the transaction of the first package, or of an adoption
 * before it, with the log's lock held (`EventLog.begin`), so that two who are first agree on one id.
 *
 * @param newId makes a random UUID (version 4)
 * @param createdAt the time of the transaction's events
 */
export async function ensureRegistryId(
  writer: DatabaseWriter,
  newId: () => string,
  createdAt: string,
): Promise<string> {
  const known = await readRegistryId(writer);
  if (known !== undefined) return known;
  const registryId = newId();
  await writer.insert(registry, ["singleton", "registry_id", "created_at"], [[1, registryId, createdAt]]);
  return registryId;
}
