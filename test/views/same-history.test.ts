import assert from "node:assert/strict";
import { it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import { VIEW_KEYS, VIEW_NAMES, views } from "../../src/db/view-tables.ts";
import { replayPages } from "../../src/log/check-log.ts";
import type { EventDraft } from "../../src/log/event.ts";
import { readLogHead } from "../../src/log/log-head.ts";
import { eventPages } from "../../src/log/read-events.ts";
import { PROJECTED_EVENT_TYPES } from "../../src/views/project.ts";
import { rebuildViews } from "../../src/views/rebuild-views.ts";
import { describeOnPostgres } from "../support/describe-on-postgres.ts";
import {
  abandonedDraft,
  createdDraft,
  ingestedDraft,
  locationAddedDraft,
  makeChecker,
  packageDrafts,
  record,
  sampleId,
  schemaRegisteredDraft,
} from "../support/log-scene.ts";
import { openMemoryDatabase } from "../support/open-database.ts";
import { openOwnPostgres } from "../support/open-postgres.ts";

/** Every type of event; texts, numbers and documents that a database might take for something else. */
const HISTORY: readonly (readonly EventDraft[])[] = [
  [schemaRegisteredDraft("guide-board.run.v1")],
  packageDrafts(sampleId(1), 1, 300, { external_id: "run-1" }),
  [
    createdDraft(sampleId(2), {
      external_id: "run-2",
      metadata: { escaped: "\\u0000", fraction: 0.1, tiny: 5e-324, é: ["\u{1f600}", '"', "\\"] },
    }),
    ingestedDraft(sampleId(2), 2001, {
      annotations: { b: [1, 2.5], a: null, quoted: '{"\\' },
      path: 'a"b c,{}',
    }),
    ingestedDraft(sampleId(2), 2002, { path: "NULL", size_bytes: Number.MAX_SAFE_INTEGER - 1_000_000 }),
  ],
  [abandonedDraft(sampleId(2), 'the source\'s "reason"')],
  [
    locationAddedDraft(sampleId(1), 5, "ceph-b", "routed"),
    locationAddedDraft(sampleId(1), 6, "local", "restored"),
  ],
];

async function tell(database: RegistryDatabase) {
  for (const drafts of HISTORY) await record(database, drafts);
}

async function stateOf(database: RegistryDatabase) {
  return await database.read(async (reader) => {
    const tables: Record<string, unknown> = {};
    for (const name of VIEW_NAMES) {
      const key = sql.raw(VIEW_KEYS[name].join(", "));
      const rows = await reader.all<object>(sql`SELECT * FROM ${views[name]} ORDER BY ${key}`);
      tables[name] = rows.map((row) => ({ ...row }));
    }
    const events = (await Array.fromAsync(eventPages(reader))).flat();
    return {
      tables,
      head: await readLogHead(reader),
      events: events.map((event) => ({ ...event, payload: Buffer.from(event.payload).toString("hex") })),
    };
  });
}

describeOnPostgres("one history in SQLite and in PostgreSQL", () => {
  it("has the same events, the same tree head and the same views, also after a replay", async () => {
    const types = new Set(HISTORY.flat().map((draft) => draft.event_type));
    assert.deepEqual(
      PROJECTED_EVENT_TYPES.filter((type) => !types.has(type)),
      [],
    );
    const sqlite = await openMemoryDatabase();
    const postgres = await openOwnPostgres();
    try {
      await tell(sqlite.database);
      await tell(postgres.database);
      const state = await stateOf(sqlite.database);
      assert.deepEqual(await stateOf(postgres.database), state);
      for (const { database } of [sqlite, postgres]) {
        await rebuildViews(database, replayPages(makeChecker()), "run");
        assert.deepEqual(await stateOf(database), state);
      }
    } finally {
      await sqlite.close();
      await postgres.close();
    }
  });
});
