import { isArtifactstoreError } from "../core/errors.ts";
import { databaseProblems } from "../db/check-database.ts";
import type { RegistryContext } from "./registry-context.ts";

/**
 * Makes indexes of the registry's database that are missing, and nothing else: an index holds nothing that its table
 * does not. Does nothing in a database whose structure is damaged. One that cannot be made, because the rows break
 * what it forbids, stays missing; the views are to be rebuilt first.
 *
 * @returns the names of those that were made
 * Throws `storage_full`, `database_read_only`, `database_busy`.
 */
export async function mendDatabase({ database }: RegistryContext): Promise<string[]> {
  const { schema } = database;
  if (schema === undefined) return [];
  const missing = await database.read(async (reader) => {
    if ((await databaseProblems(reader, { thorough: false })).length > 0) return [];
    const differences = await schema.differences(reader);
    return differences.filter(({ kind, type }) => kind === "missing" && type === "index");
  });
  const made: string[] = [];
  for (const { name } of missing) {
    try {
      await database.write((writer) => schema.makeIndex(writer, name));
      made.push(name);
    } catch (error) {
      if (!isArtifactstoreError(error, "internal")) throw error;
    }
  }
  return made;
}
