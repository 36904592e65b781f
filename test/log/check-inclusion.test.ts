import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type SQL, sql } from "drizzle-orm/sql/sql";
import { logRecordLeafHash } from "../../src/core/log-record.ts";
import { MerkleFrontier } from "../../src/core/merkle-frontier.ts";
import { checkInclusion } from "../../src/log/check-inclusion.ts";
import { checkLog } from "../../src/log/check-log.ts";
import { frontierOfTiles } from "../../src/log/log-tiles.ts";
import { hashes, makeChecker, packageDrafts, record, sampleId, sha256 } from "../support/log-scene.ts";
import { openTestDatabase } from "../support/open-database.ts";

const FIRST = sampleId(1);
const LAST = sampleId(2);

/** What is said of one package in a log of four tiles, the last of them not full, after it was tampered with. */
async function problemsOf(packageId: string, ...changes: SQL[]): Promise<string[]> {
  const { database, close } = await openTestDatabase();
  await record(database, packageDrafts(FIRST, 1, 10));
  await record(database, packageDrafts(sampleId(3), 1000, 700));
  await record(database, packageDrafts(LAST, 5000, 100));
  await database.write(async (writer) => {
    for (const change of changes) assert.ok((await writer.run(change)) > 0);
  });
  const { problems } = await database.read((reader) =>
    checkInclusion(reader, { kind: "package", id: packageId }, hashes),
  );
  await close();
  return problems.map(({ kind, sequence }) => `${kind} ${sequence ?? "-"}`);
}

describe("proving a package's events", () => {
  it("finds nothing wrong with a log that is right", async () => {
    assert.deepEqual(await problemsOf(FIRST), []);
    assert.deepEqual(await problemsOf(LAST), []);
  });

  it("finds an event that was given to another package, though the package no longer has it", async () => {
    const change = sql`UPDATE events SET subject_id = ${LAST} WHERE sequence = 5`;
    assert.deepEqual(await problemsOf(FIRST, change), ["leaf 5"]);
    assert.deepEqual(await problemsOf(LAST, change), ["leaf 5"]);
  });

  it("finds an event that was edited together with its leaf", async () => {
    const edit = sql`UPDATE log_tiles SET leaf_hashes = ${new Uint8Array(8192)} WHERE tile = 0`;
    assert.ok((await problemsOf(FIRST, edit)).includes("tile -"));
  });

  it("finds a tile that was edited together with its root", async () => {
    const edit = sql`UPDATE log_tiles SET root_hash = ${new Uint8Array(32)} WHERE tile = 1`;
    assert.deepEqual(await problemsOf(FIRST, edit), ["root -", "head -"]);
    assert.deepEqual(await problemsOf(FIRST, sql`DELETE FROM log_tiles WHERE tile = 1`), ["tile -"]);
    assert.deepEqual(await problemsOf(FIRST, sql`UPDATE log_tiles SET root_hash = NULL WHERE tile = 2`), [
      "tile -",
    ]);
  });

  it("finds a removed event anywhere, and the removal of the last", async () => {
    assert.deepEqual(await problemsOf(FIRST, sql`DELETE FROM events WHERE sequence = 600`), ["gap -"]);
    assert.deepEqual(await problemsOf(FIRST, sql`DELETE FROM events WHERE sequence = 3`), ["gap -", "gap 3"]);
    const problems = await problemsOf(
      FIRST,
      sql`DELETE FROM events WHERE sequence = (SELECT max(sequence) FROM events)`,
    );
    assert.deepEqual(problems.length, 1);
    assert.match(problems[0] ?? "", /^tail /);
  });
});

describe("a log's tiles", () => {
  it("give the tree that the leaves give, at every size around a tile's border", async () => {
    const { database, close } = await openTestDatabase();
    const direct = new MerkleFrontier(sha256);
    let number = 0;
    for (const size of [3, 255, 256, 257, 511, 512, 513, 1030]) {
      const files = size - direct.size - 3;
      const drafts = packageDrafts(sampleId(++number), number * 10_000, Math.max(files, 0));
      for (const event of await record(database, drafts.slice(0, size - direct.size))) {
        direct.append(logRecordLeafHash(event, sha256));
      }
      assert.equal(direct.size, size);
      const frontier = await database.read((reader) => frontierOfTiles(reader, size, sha256));
      assert.deepEqual(frontier.serialize(), direct.serialize());
    }
    await close();
  });

  it("are checked with the log: a full tile's root, and that a tile in progress has none", async () => {
    for (const change of [
      sql`UPDATE log_tiles SET root_hash = ${new Uint8Array(32)} WHERE tile = 0`,
      sql`UPDATE log_tiles SET root_hash = ${new Uint8Array(32)} WHERE tile = 1`,
    ]) {
      const { database, close } = await openTestDatabase();
      await record(database, packageDrafts(FIRST, 1, 300));
      await database.write((writer) => writer.run(change));
      const checker = makeChecker();
      await database.read((reader) => checkLog(reader, checker));
      assert.deepEqual(
        checker.problems.map(({ kind }) => kind),
        ["tile"],
      );
      await close();
    }
  });
});
