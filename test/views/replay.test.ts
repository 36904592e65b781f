import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type SQL, sql } from "drizzle-orm/sql/sql";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import { VIEW_KEYS, VIEW_NAMES, views } from "../../src/db/view-tables.ts";
import { checkedEventPages, replayPages } from "../../src/log/check-log.ts";
import type { EventDraft } from "../../src/log/event.ts";
import { checkViews, type ViewCheck } from "../../src/views/check-views.ts";
import { rebuildViews } from "../../src/views/rebuild-views.ts";
import {
  abandonedDraft,
  createdDraft,
  defaultAppliedDraft,
  ingestedDraft,
  locationAddedDraft,
  makeChecker,
  makeLog,
  packageDrafts,
  record,
  sampleHex,
  sampleId,
  schemaRegisteredDraft,
} from "../support/log-scene.ts";
import { type OpenedDatabase, openSharedTestDatabase, openTestDatabase } from "../support/open-database.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

const UNKNOWN: EventDraft = {
  event_type: "v9.package.teleported",
  subject_kind: "package",
  subject_id: sampleId(1),
  payload: { where: "elsewhere" },
};

/** Every type of event, files in several transactions, several pages of events. */
async function openScene(open: () => Promise<OpenedDatabase>): Promise<OpenedDatabase> {
  const opened = await open();
  const { database } = opened;
  await record(database, [schemaRegisteredDraft("guide-board.run.v1")]);
  await record(database, packageDrafts(sampleId(1), 1, 600, { external_id: "run-1" }));
  await record(database, [
    createdDraft(sampleId(2), {
      metadata_schema: { slug: "s", digest: `blake3:${sampleHex("s")}` },
      external_id: "run-2",
    }),
    defaultAppliedDraft(sampleId(2), {
      retention_class: "permanent-record",
      duration_seconds: null,
      expires_at: null,
    }),
  ]);
  await record(database, [ingestedDraft(sampleId(2), 2001, { annotations: { b: [1, 2.5], a: null } })]);
  await record(database, [ingestedDraft(sampleId(2), 2002), UNKNOWN, ingestedDraft(sampleId(2), 2003)]);
  await record(database, [abandonedDraft(sampleId(2), "the source changed")]);
  await record(database, packageDrafts(sampleId(3), 3000, 3, { external_id: "run-2" }));
  await record(database, [locationAddedDraft(sampleId(1), 5, "ceph-b", "routed")]);
  await record(database, [locationAddedDraft(sampleId(1), 6, "local", "restored")]);
  return opened;
}

const SCENE_EVENTS = 619;

async function dump(database: RegistryDatabase): Promise<Record<string, unknown>> {
  return await database.read(async (reader) => {
    const tables: Record<string, unknown> = {};
    for (const name of VIEW_NAMES) {
      const key = sql.raw(VIEW_KEYS[name].join(", "));
      tables[name] = (await reader.all<object>(sql`SELECT * FROM ${views[name]} ORDER BY ${key}`)).map(
        (row) => ({ ...row }),
      );
    }
    return tables;
  });
}

function check(database: RegistryDatabase): Promise<ViewCheck> {
  return checkViews(database, (reader) => checkedEventPages(reader, makeChecker()));
}

function change(database: RegistryDatabase, statement: SQL): Promise<number> {
  return database.write((writer) => writer.run(statement));
}

for (const [where, open] of [
  ["of its own", openTestDatabase],
  ["that others use", openSharedTestDatabase],
] as const) {
  describe(`checking the views of a database ${where}`, () => {
    it("finds no difference, and counts what it does not know", async () => {
      const { database, close } = await openScene(open);
      const found = await check(database);
      assert.deepEqual(found.differences, []);
      assert.equal(found.differenceCount, 0);
      assert.equal(found.throughSequence, SCENE_EVENTS);
      assert.equal(found.events, SCENE_EVENTS);
      assert.deepEqual([...found.unknownTypes], [["v9.package.teleported", 1]]);
      await close();
    });

    it("finds no difference in an empty registry", async () => {
      const { database, close } = await open();
      const found = await check(database);
      assert.deepEqual([found.throughSequence, found.differenceCount], [0, 0]);
      await close();
    });

    it("names a changed value, a lost row and a row too many", async () => {
      const { database, close } = await openScene(open);
      const id = sampleId(1_000_004);
      await change(database, sql`UPDATE artifact_files SET media_type = 'text/html' WHERE id = ${id}`);
      await change(database, sql`DELETE FROM storage_locations WHERE backend_id = 'ceph-b'`);
      await change(
        database,
        sql`INSERT INTO retention_classes (name, last_event_sequence) VALUES ('made-up', 1)`,
      );
      await change(
        database,
        sql`UPDATE artifact_packages SET abandoned_reason = NULL WHERE id = ${sampleId(2)}`,
      );
      const found = await check(database);
      assert.equal(found.differenceCount, 4);
      assert.deepEqual(found.differences, [
        {
          table: "artifact_packages",
          key: sampleId(2),
          kind: "differs",
          column: "abandoned_reason",
          live: null,
          replayed: "the source changed",
        },
        {
          table: "artifact_files",
          key: id,
          kind: "differs",
          column: "media_type",
          live: "text/html",
          replayed: "application/json",
        },
        { table: "storage_locations", key: `${sampleId(1_000_005)} ceph-b`, kind: "missing" },
        { table: "retention_classes", key: "made-up", kind: "unexpected" },
      ]);
      await close();
    });

    it("lists some of many differences and counts all", async () => {
      const { database, close } = await openScene(open);
      await change(database, sql`UPDATE artifact_files SET size_bytes = size_bytes + 1`);
      const found = await check(database);
      assert.equal(found.differenceCount, 606);
      assert.ok(found.differences.length < 606);
      await close();
    });
  });
}

describe("rebuilding the views", () => {
  it("gives the same rows, to the byte", async () => {
    const { database, close } = await openScene(openSharedTestDatabase);
    const before = await dump(database);
    const rebuilt = await rebuildViews(database, replayPages(makeChecker()), "run-a");
    assert.equal(rebuilt.throughSequence, SCENE_EVENTS);
    assert.deepEqual([...rebuilt.unknownTypes], [["v9.package.teleported", 1]]);
    assert.deepEqual(await dump(database), before);
    await close();
  });

  it("repairs whatever was changed", async () => {
    const { database, close } = await openScene(openTestDatabase);
    const before = await dump(database);
    await change(database, sql`DELETE FROM storage_locations`);
    await change(database, sql`UPDATE artifact_packages SET status = 'purged', metadata = '{}'`);
    await change(database, sql`DELETE FROM metadata_schemas`);
    await rebuildViews(database, replayPages(makeChecker()), "run-a");
    assert.deepEqual(await dump(database), before);
    assert.equal((await check(database)).differenceCount, 0);
    await close();
  });

  it("takes in what is appended meanwhile", async () => {
    const { database, close } = await openScene(openSharedTestDatabase);
    const readPage = replayPages(makeChecker());
    let appended = false;
    const rebuilt = await rebuildViews(
      database,
      async (reader) => {
        const page = await readPage(reader);
        if (!appended) {
          appended = true;
          queueMicrotask(() => void record(database, packageDrafts(sampleId(7), 7000, 2)));
        }
        return page;
      },
      "run-a",
    );
    assert.equal(rebuilt.throughSequence, SCENE_EVENTS + 5);
    assert.equal((await check(database)).differenceCount, 0);
    await close();
  });

  it("leaves everything as it is where the log is wrong", async () => {
    const { database, close } = await openScene(openSharedTestDatabase);
    const before = await dump(database);
    await change(database, sql`UPDATE events SET actor = 'x' WHERE sequence = 600`);
    await rejectsWithCode("log_damaged", () => rebuildViews(database, replayPages(makeChecker()), "run-a"));
    assert.deepEqual(await dump(database), before);
    await change(database, sql`UPDATE events SET actor = 'local:tester' WHERE sequence = 600`);
    await rebuildViews(database, replayPages(makeChecker()), "run-b");
    assert.deepEqual(await dump(database), before);
    await close();
  });

  it("names the event of a log that contradicts itself, and leaves the views as they are", async () => {
    for (const contradicting of [
      ingestedDraft(sampleId(3), 9999, { path: "normalized/003001.json" }),
      locationAddedDraft(sampleId(1), 9998, "local", "restored"),
    ]) {
      const { database, close } = await openScene(openSharedTestDatabase);
      const before = await dump(database);
      await database.write(async (writer) => {
        const append = await makeLog().begin(writer, "local:tester");
        await append.append([contradicting]);
        await append.finish();
      });
      const error = await rejectsWithCode("log_damaged", () =>
        rebuildViews(database, replayPages(makeChecker()), "run-a"),
      );
      assert.match(error.message, new RegExp(`\\b${SCENE_EVENTS + 1}\\b`));
      assert.deepEqual(await dump(database), before);
      await close();
    }
  });

  it("gives way to a replay that began later", async () => {
    const { database, close } = await openScene(openSharedTestDatabase);
    const before = await dump(database);
    const readPage = replayPages(makeChecker());
    let second: Promise<unknown> | undefined;
    const first = rebuildViews(
      database,
      (reader) => {
        second ??= rebuildViews(database, replayPages(makeChecker()), "run-b");
        return readPage(reader);
      },
      "run-a",
    );
    await rejectsWithCode("database_busy", first);
    await second;
    assert.deepEqual(await dump(database), before);
    await close();
  });

  it("leaves nothing behind", async () => {
    const { database, close } = await openScene(openSharedTestDatabase);
    await rebuildViews(database, replayPages(makeChecker()), "run-a");
    for (const name of ["replay_run", "replay_artifact_files", "check_artifact_files"]) {
      const table = sql.identifier(name);
      await rejectsWithCode("internal", () =>
        database.read((reader) => reader.all(sql`SELECT * FROM ${table}`)),
      );
    }
    await close();
  });
});
