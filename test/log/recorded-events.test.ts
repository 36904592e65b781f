import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { decodeCanonicalCbor } from "../../src/core/canonical-cbor.ts";
import type { LogEvent } from "../../src/log/event.ts";
import { eventPages } from "../../src/log/read-events.ts";
import { abandonPackage } from "../../src/registry/abandon-package.ts";
import { beginningEvents } from "../../src/registry/package-events.ts";
import { record } from "../../src/registry/record.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import { registerSchema } from "../../src/registry/registered-schema.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { checkSchema } from "../../src/schema/metadata-schema.ts";
import { cddlViolation } from "../support/cddl.ts";
import { documentedEventTypes, eventRules } from "../support/event-rules.ts";
import { openTestRegistry, requestFor, writeFiles } from "../support/open-registry.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

/** Everything that a registry records today: a package, a copy restored and one routed, a schema, an abandonment. */
async function recordEverything(directory: string): Promise<LogEvent[]> {
  const source = join(directory, "source");
  const home = join(directory, "home");
  writeFiles(source, { "a.txt": "first", "b/copy.txt": "first", "b/empty": "" });
  writeFiles(home, { "config.toml": '[backends.second]\ntype = "local"\nroot = "./second"\n' });
  const variables = { CONFIG: join(home, "config.toml"), STORAGE_LOCAL_PACK_MAX_BYTES: "0" };

  const first = await openTestRegistry(home, variables);
  await registerPackage(first.registry, await requestFor(source));
  await first.close();

  rmSync(join(home, "var", "storage", "blake3"), { recursive: true });
  const second = await openTestRegistry(home, { ...variables, STORAGE_BACKEND_ROUTES: "*:*=local+second" });
  const { registry } = second;
  await registerPackage(registry, await requestFor(source));
  await registerSchema(registry, await checkSchema("tests.v1", { type: "object" }));
  await abandonPackage(registry, await beginPackage(registry), "never finished");
  const events = await registry.database.read((reader) => Array.fromAsync(eventPages(reader)));
  await second.close();
  return events.flat();
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

describe("what a registry records", () => {
  it("is as docs/events.md says, for every type of event", () =>
    withTemporaryDirectory(async (directory) => {
      const events = await recordEverything(directory);
      const types = new Set(events.map((event) => event.event_type));
      assert.deepEqual([...types].toSorted(), documentedEventTypes.toSorted());
      const causes = new Set<unknown>();
      for (const { sequence, event_type, payload } of events) {
        const value = decodeCanonicalCbor(payload);
        assert.equal(cddlViolation(eventRules, event_type, value), undefined, `event ${sequence}`);
        causes.add((value as { cause?: unknown }).cause);
      }
      assert.ok(causes.has("routed") && causes.has("restored"));
    }));
});
