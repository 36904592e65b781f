import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeFiles } from "./open-registry.ts";
import { type CliResult, type CliRun, runCliHere } from "./run-cli.ts";
import { withTemporaryDirectory } from "./temporary-directory.ts";
import { databaseOf, type TestDatabase } from "./test-database.ts";

/** A registry of its own, reached through the command line alone. */
export interface CliRegistry {
  readonly directory: string;
  readonly database: TestDatabase;
  readonly storeRoot: string;
  run(argv: readonly string[], options?: CliRun): Promise<CliResult>;
  /** Runs a command that must succeed; answers the JSON that it printed. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape
  json(...argv: string[]): Promise<any>;
  /** Registers files as one package of producer `tests`; answers its id. */
  push(name: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string>;
}

export async function withCliRegistry(work: (registry: CliRegistry) => Promise<void>): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const database = databaseOf(directory);
    await database.prepare();
    const storeRoot = join(directory, "store");
    const environment = {
      ARTIFACTSTORE_DATABASE_URL: database.url,
      ARTIFACTSTORE_STORAGE_LOCAL_ROOT: storeRoot,
      ARTIFACTSTORE_ACTOR: "local:tester",
      ARTIFACTSTORE_INGEST_THREADS: "1",
    };
    const run = (argv: readonly string[], options: CliRun = {}) =>
      runCliHere(argv, {
        workingDirectory: directory,
        ...options,
        environment: { ...environment, ...options.environment },
      });
    const json = async (...argv: string[]) => {
      const result = await run(argv);
      assert.equal(result.exitCode, 0, result.stderr);
      return JSON.parse(result.stdout);
    };
    await work({
      directory,
      database,
      storeRoot,
      run,
      json,
      async push(name, files) {
        const source = join(directory, "sources", name);
        mkdirSync(source, { recursive: true });
        writeFiles(source, files);
        const pushed = await json(
          ...["push", source, "--producer", "tests", "--subject", "s", "--retention-class", "raw-evidence"],
          ...["--external-id", name],
        );
        return pushed.package_id;
      },
    });
  });
}
