import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import { abandonPackage } from "../../src/registry/abandon-package.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import { registerSchema } from "../../src/registry/registered-schema.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { checkReplay, replayLog } from "../../src/registry/replay-log.ts";
import { verifyPackage } from "../../src/registry/verify-package.ts";
import { checkSchema } from "../../src/schema/metadata-schema.ts";
import { requestFor } from "../support/open-registry.ts";
import { cutOff, eventTypes, withScene, writeGroups } from "../support/registration-scene.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

/** What somebody does with a database shell, which has no foreign keys on. */
function edit(registry: RegistryContext, ...statements: string[]): Promise<void> {
  return registry.database.write(async (writer) => {
    for (const statement of statements) await writer.run(sql.raw(statement));
  });
}

/** The registry's own views again, and nothing of what was refused in the log. */
async function replays(registry: RegistryContext): Promise<void> {
  await replayLog(registry);
  assert.equal((await checkReplay(registry)).equal, true);
}

const EDITS = [
  [
    "DELETE FROM storage_locations WHERE file_id IN (SELECT id FROM artifact_files WHERE relative_path = 'a.txt')",
    "DELETE FROM artifact_files WHERE relative_path = 'a.txt'",
  ],
  ["UPDATE artifact_files SET relative_path = 'a.txt.' WHERE relative_path = 'a.txt'"],
  ["UPDATE artifact_packages SET file_count = file_count - 1"],
  ["UPDATE artifact_packages SET last_event_sequence = last_event_sequence - 1"],
] as const;

describe("an unfinished package whose views were edited", () => {
  it("is not resumed before a replay", async () => {
    await withScene(async ({ source, registry }) => {
      writeGroups(source);
      const request = await requestFor(source);
      await assert.rejects(registerPackage(registry, cutOff(request)));
      const before = await eventTypes(registry);
      for (const statements of EDITS) {
        await edit(registry, ...statements);
        await rejectsWithCode("views_differ", registerPackage(registry, request));
        assert.deepEqual(await eventTypes(registry), before);
        await replays(registry);
      }
      assert.equal((await registerPackage(registry, request)).resumed, true);
      await replays(registry);
    });
  });
});

describe("a finalized package whose views were edited", () => {
  it("is neither finalized again nor abandoned", async () => {
    await withScene(async ({ source, registry }) => {
      const request = await requestFor(source);
      const { packageId } = await registerPackage(registry, request);
      await edit(registry, "UPDATE artifact_packages SET status = 'created', manifest_digest = NULL");
      await rejectsWithCode("views_differ", registerPackage(registry, request));
      await rejectsWithCode("views_differ", abandonPackage(registry, packageId, "why"));
      await replays(registry);
      assert.equal((await registerPackage(registry, request)).reusedExisting, true);
    });
  });

  it("gets no copy of a file that the log knows by another id", async () => {
    await withScene(async ({ directory, source, registry }) => {
      const request = await requestFor(source);
      await registerPackage(registry, request);
      const other = "0190d5a0-0000-7000-8000-000000000001";
      const file = "(SELECT id FROM artifact_files WHERE relative_path = 'large.bin')";
      await edit(
        registry,
        `UPDATE storage_locations SET file_id = '${other}' WHERE file_id = ${file}`,
        `UPDATE artifact_files SET id = '${other}' WHERE relative_path = 'large.bin'`,
      );
      rmSync(join(directory, "home/var/storage/blake3"), { recursive: true });
      await rejectsWithCode("views_differ", registerPackage(registry, request));
      await replays(registry);
      const { packageId } = await registerPackage(registry, request);
      assert.deepEqual((await verifyPackage(registry, packageId)).failures, []);
    });
  });

  it("may become a second one of its external id, and both are there after a replay", async () => {
    await withScene(async ({ source, registry }) => {
      const request = await requestFor(source);
      const first = await registerPackage(registry, request);
      await edit(registry, "UPDATE artifact_packages SET status = 'abandoned'");
      const second = await registerPackage(registry, request);
      assert.notEqual(second.packageId, first.packageId);
      await replays(registry);
      const again = await registerPackage(registry, request);
      assert.deepEqual([again.packageId, again.reusedExisting], [first.packageId, true]);
    });
  });
});

it("a schema whose row was deleted is not registered twice", async () => {
  await withScene(async ({ registry }) => {
    const schema = await checkSchema("tests.v1", { type: "object" });
    assert.equal(await registerSchema(registry, schema), true);
    await edit(registry, "DELETE FROM metadata_schemas");
    await rejectsWithCode("views_differ", registerSchema(registry, schema));
    await replays(registry);
    assert.equal(await registerSchema(registry, schema), false);
  });
});
