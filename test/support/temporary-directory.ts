import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dropDatabasesBelow } from "./test-database.ts";

/** Runs with a fresh directory that is gone afterwards, and the databases that belong to it. */
export async function withTemporaryDirectory<Result>(
  work: (directory: string) => Result | Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "artifactstore-"));
  try {
    return await work(directory);
  } finally {
    await dropDatabasesBelow(directory);
    rmSync(directory, { recursive: true, force: true });
  }
}
