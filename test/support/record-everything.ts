import { rmSync } from "node:fs";
import { join } from "node:path";
import type { OpenedRegistry } from "../../src/compose.ts";
import { abandonPackage } from "../../src/registry/abandon-package.ts";
import { beginningEvents } from "../../src/registry/package-events.ts";
import { record } from "../../src/registry/record.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import { registerSchema } from "../../src/registry/registered-schema.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { checkSchema } from "../../src/schema/metadata-schema.ts";
import { openTestRegistry, requestFor, writeFiles } from "./open-registry.ts";

/**
 * Everything that a registry records today: a package, a copy restored and one routed, a schema, an abandonment.
 *
 * @returns the registry, which has two stores; to be closed
 */
export async function recordEverything(directory: string): Promise<OpenedRegistry> {
  const source = join(directory, "source");
  const home = join(directory, "home");
  writeFiles(source, { "a.txt": "first", "b/copy.txt": "first", "b/empty": "" });
  writeFiles(home, { "config.toml": '[backends.second]\ntype = "local"\nroot = "./second"\n' });
  const variables = registryVariables(directory);

  const first = await openTestRegistry(home, variables);
  await registerPackage(first.registry, await requestFor(source));
  await first.close();

  rmSync(join(home, "var", "storage", "blake3"), { recursive: true });
  const second = await openTestRegistry(home, { ...variables, STORAGE_BACKEND_ROUTES: "*:*=local+second" });
  const { registry } = second;
  await registerPackage(registry, await requestFor(source));
  await registerSchema(registry, await checkSchema("tests.v1", { type: "object" }));
  await abandonPackage(registry, await beginPackage(registry), "never finished");
  return second;
}

/** How `recordEverything` configures its registry. */
export function registryVariables(directory: string): Readonly<Record<string, string>> {
  return { CONFIG: join(directory, "home", "config.toml"), STORAGE_LOCAL_PACK_MAX_BYTES: "0" };
}

async function beginPackage(registry: RegistryContext): Promise<string> {
  const packageId = registry.newId();
  const description = {
    name: "unfinished",
    producer: "tests",
    subject: "s",
    metadata: {},
    provenance: { deep: [{ list: [1, 2.5, null] }] },
    retentionClass: "permanent-record",
  };
  const rule = { name: "permanent-record", durationSeconds: undefined };
  await record(registry, async ({ createdAt }) => beginningEvents(packageId, description, rule, createdAt));
  return packageId;
}
