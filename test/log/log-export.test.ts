import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import { readLogHead } from "../../src/log/log-head.ts";
import { ensureRegistryId } from "../../src/log/registry-id.ts";
import { dumpViews } from "../support/dump-views.ts";
import {
  EVENTS,
  fillWithEverything,
  REGISTRY_ID,
  REGISTRY_TIME,
  sampleExport,
  withDatabases,
} from "../support/log-export-scene.ts";
import { packageDrafts, record, sampleId, schemaRegisteredDraft } from "../support/log-scene.ts";
import { exportedBytes, importBytes } from "../support/move-log.ts";
import { openFileDatabase, openMemoryDatabase } from "../support/open-database.ts";
import { openOwnPostgres } from "../support/open-postgres.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { postgresMissing } from "../support/test-postgres.ts";

const KINDS = [
  ["a file", openFileDatabase],
  ["memory", openMemoryDatabase],
  ...(postgresMissing() === undefined ? ([["PostgreSQL", openOwnPostgres]] as const) : []),
] as const;

describe("moving a log", () => {
  for (const [index, [from, openFrom]] of KINDS.entries()) {
    for (const [to, openTo] of KINDS.toSpliced(index, 1)) {
      it(`from ${from} to ${to} and back gives the same bytes, head and views`, () =>
        withDatabases([openFrom, openTo, openFrom], async ([first, second, third]) => {
          assert.ok(first !== undefined && second !== undefined && third !== undefined);
          await fillWithEverything(first);
          const bytes = await exportedBytes(first);
          const imported = await importBytes(second, bytes, 7);
          assert.deepEqual(imported.head, await first.read(readLogHead));
          assert.equal(imported.head.registry_id, REGISTRY_ID);
          assert.equal(imported.events, EVENTS);
          assert.deepEqual([...imported.unknownTypes], [["v9.package.teleported", 1]]);
          const again = await exportedBytes(second);
          assert.deepEqual(again, bytes);
          await importBytes(third, again);
          assert.deepEqual(await exportedBytes(third), bytes);
          const views = await dumpViews(first);
          assert.deepEqual(await dumpViews(second), views);
          assert.deepEqual(await dumpViews(third), views);
        }));
    }
  }

  it("takes compressed files, however they arrive", async () => {
    const bytes = await sampleExport();
    await withDatabases([openMemoryDatabase], async ([source]) => {
      assert.ok(source !== undefined);
      await importBytes(source, bytes);
      for (const compression of ["gzip", "zstd"] as const) {
        const small = await exportedBytes(source, compression);
        assert.ok(small.length < bytes.length / 2);
        for (const chunkBytes of [37, 4096]) {
          await withDatabases([openMemoryDatabase], async ([target]) => {
            assert.ok(target !== undefined);
            await importBytes(target, small, chunkBytes);
            assert.deepEqual(await exportedBytes(target), bytes);
          });
        }
      }
    });
  });

  it("goes on where the log ended", () =>
    withDatabases([openMemoryDatabase, openMemoryDatabase], async ([source, target]) => {
      assert.ok(source !== undefined && target !== undefined);
      await fillWithEverything(source);
      await importBytes(target, await exportedBytes(source));
      for (const database of [source, target]) await record(database, packageDrafts(sampleId(9), 9000, 300));
      assert.deepEqual(await target.read(readLogHead), await source.read(readLogHead));
      assert.deepEqual(await exportedBytes(target), await exportedBytes(source));
    }));

  it("works for a log without events, and for one without a registry id", () =>
    withDatabases([openMemoryDatabase, openMemoryDatabase], async ([source, target]) => {
      assert.ok(source !== undefined && target !== undefined);
      const empty = await exportedBytes(source);
      assert.equal((await importBytes(target, empty)).events, 0);
      assert.deepEqual(await exportedBytes(target), empty);
      await record(source, [schemaRegisteredDraft("tests.v1")]);
      assert.equal((await importBytes(target, await exportedBytes(source))).head.registry_id, undefined);
    }));

  it("needs a registry with neither events nor an id", async () => {
    const bytes = await sampleExport();
    await withDatabases([openMemoryDatabase, openMemoryDatabase], async ([first, second]) => {
      assert.ok(first !== undefined && second !== undefined);
      await record(first, [schemaRegisteredDraft("tests.v1")]);
      const before = await dumpViews(first);
      await rejectsWithCode("registry_not_empty", importBytes(first, bytes));
      assert.deepEqual(await dumpViews(first), before);
      await second.write((writer) => ensureRegistryId(writer, () => sampleId(1), REGISTRY_TIME));
      await rejectsWithCode("registry_not_empty", importBytes(second, bytes));
    });
  });

  it("is not written from a log that is damaged", () =>
    withDatabases([openMemoryDatabase], async ([database]) => {
      assert.ok(database !== undefined);
      await fillWithEverything(database);
      const damages = [
        sql`UPDATE events SET actor = 'x' WHERE sequence = 300`,
        sql`DELETE FROM events WHERE sequence = 600`,
        sql`DELETE FROM events WHERE sequence = 609`,
        sql`UPDATE log_head SET root_hash = ${new Uint8Array(32)}`,
        sql`UPDATE registry SET registry_id = 'x'`,
        sql`DELETE FROM registry`,
      ];
      for (const damage of damages) {
        const failure = new Error("undone");
        await assert.rejects(
          database.write(async (writer) => {
            await writer.run(damage);
            const within = { ...database, read: (work: (reader: typeof writer) => unknown) => work(writer) };
            await rejectsWithCode("log_damaged", exportedBytes(within as unknown as RegistryDatabase));
            throw failure;
          }),
          (error) => error === failure,
        );
      }
      assert.deepEqual(await exportedBytes(database), await sampleExport());
    }));
});
