import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type SQL, sql } from "drizzle-orm/sql/sql";
import { encodeCanonicalCbor } from "../../src/core/canonical-cbor.ts";
import { checkLog } from "../../src/log/check-log.ts";
import type { LogProblem } from "../../src/log/log-checker.ts";
import { hashes, makeChecker, packageDrafts, record, sampleId } from "../support/log-scene.ts";
import { openTestDatabase } from "../support/open-database.ts";

/** What the checker says of a log of 303 events (two tiles) after it was tampered with. */
async function problemsAfter(...changes: SQL[]): Promise<string[]> {
  const { database, close } = await openTestDatabase();
  await record(database, packageDrafts(sampleId(1), 1, 200));
  await record(database, packageDrafts(sampleId(2), 1000, 97));
  await database.write(async (writer) => {
    for (const change of changes) await writer.run(change);
  });
  const checker = makeChecker();
  await database.read((reader) => checkLog(reader, checker));
  await close();
  assert.equal(checker.problemCount, checker.problems.length);
  return checker.problems.map(({ kind, sequence }: LogProblem) => `${kind} ${sequence ?? "-"}`);
}

describe("checking the log", () => {
  it("finds nothing wrong with a log that is right", async () => {
    assert.deepEqual(await problemsAfter(), []);
  });

  it("finds a changed payload", async () => {
    const payload = encodeCanonicalCbor({ reason: "another" });
    assert.deepEqual(await problemsAfter(sql`UPDATE events SET payload = ${payload} WHERE sequence = 7`), [
      "payload_digest 7",
    ]);
  });

  it("finds a payload that was changed together with its digest", async () => {
    const payload = encodeCanonicalCbor({ reason: "another" });
    const digest = hashes.blake3(payload);
    const change = sql`UPDATE events SET payload = ${payload}, payload_digest = ${digest} WHERE sequence = 7`;
    assert.deepEqual(await problemsAfter(change), ["leaf 7", "root -", "head -"]);
  });

  for (const column of ["actor", "event_type", "subject_kind", "subject_id"]) {
    it(`finds a changed ${column}, on either side of a tile's border`, async () => {
      const set = sql`${sql.identifier(column)} = 'x'`;
      for (const sequence of [1, 256, 257, 303]) {
        const change = sql`UPDATE events SET ${set} WHERE sequence = ${sequence}`;
        assert.deepEqual((await problemsAfter(change)).slice(0, 1), [`leaf ${sequence}`]);
      }
    });
  }

  it("finds a time that goes back, and one that is none", async () => {
    const back = sql`UPDATE events SET created_at = '2020-01-01T00:00:00.000Z' WHERE sequence = 9`;
    assert.deepEqual((await problemsAfter(back)).slice(0, 2), ["time 9", "leaf 9"]);
    const none = sql`UPDATE events SET created_at = 'yesterday' WHERE sequence = 9`;
    assert.deepEqual((await problemsAfter(none)).slice(0, 1), ["time 9"]);
  });

  it("finds a payload that is no canonical CBOR, though its digest is right", async () => {
    const payload = new Uint8Array([0xbf, 0xff]);
    const digest = hashes.blake3(payload);
    const change = sql`UPDATE events SET payload = ${payload}, payload_digest = ${digest} WHERE sequence = 5`;
    assert.ok((await problemsAfter(change)).includes("payload_form 5"));
  });

  it("finds a removed event", async () => {
    const problems = await problemsAfter(sql`DELETE FROM events WHERE sequence IN (20, 21)`);
    assert.equal(problems[0], "gap 20");
    assert.ok(problems.includes("root -"));
  });

  it("finds the removal of the last events", async () => {
    const problems = await problemsAfter(sql`DELETE FROM events WHERE sequence > 301`);
    assert.deepEqual(problems.slice(0, 1), ["tail 302"]);
  });

  it("finds the removal of all events", async () => {
    assert.equal((await problemsAfter(sql`DELETE FROM events`))[0], "tail 1");
  });

  it("finds an event that was added past the head", async () => {
    const change = sql`
      INSERT INTO events SELECT 304, created_at, event_type, subject_kind, subject_id, actor, payload, payload_digest
      FROM events WHERE sequence = 303`;
    const problems = await problemsAfter(change);
    assert.ok(problems.includes("leaf 304"));
    assert.ok(problems.includes("head 304"));
  });

  it("finds a changed head, and changed leaves", async () => {
    assert.deepEqual(await problemsAfter(sql`UPDATE log_head SET root_hash = ${new Uint8Array(32)}`), [
      "root -",
    ]);
    assert.deepEqual(await problemsAfter(sql`UPDATE log_head SET created_at = 'x'`), ["head -"]);
    const cut = sql`UPDATE log_tiles SET leaf_hashes = substr(leaf_hashes, 1, 32 * 46) WHERE tile = 1`;
    assert.deepEqual(await problemsAfter(cut), ["leaf 303"]);
  });
});
