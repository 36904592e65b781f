import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import { eventPages } from "../../src/log/read-events.ts";
import { diagnose } from "../../src/registry/doctor.ts";
import { exportLog } from "../../src/registry/export-log.ts";
import { importLog } from "../../src/registry/import-log.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { replayLog } from "../../src/registry/replay-log.ts";
import { PROJECTED_EVENT_TYPES } from "../../src/views/project.ts";
import { dumpViews } from "../support/dump-views.ts";
import { openTestRegistry, requestFor } from "../support/open-registry.ts";
import { recordEverything, registryVariables } from "../support/record-everything.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

async function eventTypes(database: RegistryDatabase): Promise<string[]> {
  const pages = await database.read((reader) => Array.fromAsync(eventPages(reader)));
  return [...new Set(pages.flat().map((event) => event.event_type))].toSorted();
}

async function bytesOf(registry: RegistryContext): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync((await exportLog(registry)).chunks));
}

/** What must be the same wherever a registry lies. */
async function stateOf(registry: RegistryContext) {
  return { bytes: await bytesOf(registry), views: await dumpViews(registry.database) };
}

describe("a registry that moves to another database", () => {
  for (const [kind, databaseUrl] of [
    ["a file", (directory: string) => `sqlite:${join(directory, "moved.db")}`],
    ["memory", () => "sqlite::memory:"],
  ] as const) {
    it(`has the same log and views in ${kind}, is sound with its stores, and goes on`, () =>
      withTemporaryDirectory(async (directory) => {
        const first = await recordEverything(directory);
        assert.deepEqual(await eventTypes(first.registry.database), PROJECTED_EVENT_TYPES.toSorted());
        const before = await stateOf(first.registry);
        await first.close();

        const variables = { ...registryVariables(directory), DATABASE_URL: databaseUrl(directory) };
        const { registry, close } = await openTestRegistry(join(directory, "home"), variables);
        const chunks = (async function* () {
          yield before.bytes;
        })();
        const imported = await importLog(registry, chunks);
        assert.deepEqual([...imported.unknownTypes], []);
        assert.deepEqual(await stateOf(registry), before);
        await replayLog(registry);
        assert.deepEqual(await stateOf(registry), before);

        const options = { deep: true, signal: new AbortController().signal };
        const report = await diagnose(registry, options);
        assert.deepEqual(report.problems, []);
        assert.equal(report.sound, true);

        const again = await registerPackage(registry, await requestFor(join(directory, "source")));
        assert.equal(again.reusedExisting, true);
        assert.deepEqual(await stateOf(registry), before);
        await close();
      }));
  }
});
