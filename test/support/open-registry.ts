import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { OpenedRegistry } from "../../src/compose.ts";
import { openConfiguredRegistry } from "../../src/open-configured-registry.ts";
import type { RegistrationRequest } from "../../src/registry/registration.ts";
import { walkSourceTree } from "../../src/registry/source-tree.ts";
import { databaseOf, type TestDatabase } from "./test-database.ts";

/** The database of a registry below a directory. */
export function testRegistryDatabase(directory: string): TestDatabase {
  return databaseOf(join(directory, "var"));
}

/** A registry below a directory of its own, configured by variables without their prefix. */
export async function openTestRegistry(
  directory: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<OpenedRegistry> {
  const database = testRegistryDatabase(directory);
  await database.prepare();
  const environment: Record<string, string> = {
    ARTIFACTSTORE_ACTOR: "local:tester",
    ARTIFACTSTORE_DATABASE_URL: database.url,
  };
  for (const [name, value] of Object.entries(variables)) environment[`ARTIFACTSTORE_${name}`] = value;
  mkdirSync(directory, { recursive: true });
  return await openConfiguredRegistry({ environment, workingDirectory: directory });
}

/** Writes files by their paths and contents. */
export function writeFiles(directory: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    const target = join(directory, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
}

/** What a producer would ask of the registry for this directory. */
export async function requestFor(
  directory: string,
  description: Partial<RegistrationRequest["description"]> = {},
): Promise<RegistrationRequest> {
  const { entries } = await walkSourceTree(directory);
  return {
    description: {
      name: "a package",
      producer: "tests",
      subject: "the subject",
      externalId: "run-1",
      metadata: { kind: "test" },
      provenance: {},
      retentionClass: "raw-evidence",
      ...description,
    },
    sources: entries,
  };
}
