import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ContentAddress, parseContentAddress } from "../../src/core/content-address.ts";
import { acquireDeleteLease, acquireUseLease, releaseLease, renewLeases } from "../../src/db/leases.ts";
import type { DatabaseWriter, RegistryDatabase } from "../../src/db/registry-database.ts";
import { START_MS, sampleHex } from "../support/log-scene.ts";
import { openTestDatabase } from "../support/open-database.ts";

const MINUTE_MS = 60_000;

function blob(number: number): ContentAddress {
  return parseContentAddress(`blake3:${sampleHex(`blob ${number}`)}`);
}

function request(id: string, blobs: readonly number[], now = START_MS) {
  return { id, holder: "test", addresses: blobs.map(blob), now, durationMs: MINUTE_MS };
}

function use(database: RegistryDatabase, id: string, blobs: readonly number[], now?: number) {
  return database.write((writer) => acquireUseLease(writer, request(id, blobs, now)));
}

function remove(
  database: RegistryDatabase,
  id: string,
  blobs: readonly number[],
  { now, referenced = [] }: { now?: number; referenced?: readonly number[] } = {},
) {
  return database.write((writer) =>
    acquireDeleteLease(writer, request(id, blobs, now), async () => new Set(referenced.map(blob))),
  );
}

function release(database: RegistryDatabase, id: string) {
  return database.write((writer: DatabaseWriter) => releaseLease(writer, id));
}

describe("leases on blobs", () => {
  it("let several use one blob", async () => {
    const { database, close } = await openTestDatabase();
    assert.deepEqual(await use(database, "a", [1, 2]), []);
    assert.deepEqual(await use(database, "b", [2, 3]), []);
    await close();
  });

  it("keep a blob in use from being deleted, until the last use ends", async () => {
    const { database, close } = await openTestDatabase();
    await use(database, "a", [1, 2]);
    await use(database, "b", [2]);
    assert.deepEqual(await remove(database, "d1", [1, 2, 3]), [blob(3)]);
    assert.equal(await release(database, "a"), true);
    assert.deepEqual(await remove(database, "d2", [1, 2]), [blob(1)]);
    assert.equal(await release(database, "b"), true);
    assert.deepEqual(await remove(database, "d3", [2]), [blob(2)]);
    await close();
  });

  it("keep a blob that is being deleted from being used, and take nothing then", async () => {
    const { database, close } = await openTestDatabase();
    await remove(database, "d", [1]);
    assert.deepEqual(await use(database, "a", [1, 2]), [blob(1)]);
    assert.equal(await release(database, "a"), false);
    await release(database, "d");
    assert.deepEqual(await use(database, "a", [1, 2]), []);
    await close();
  });

  it("let one alone delete a blob, and nobody one that is referred to", async () => {
    const { database, close } = await openTestDatabase();
    assert.deepEqual(await remove(database, "d1", [1, 2, 3], { referenced: [2] }), [blob(1), blob(3)]);
    assert.deepEqual(await remove(database, "d2", [1, 2, 4]), [blob(2), blob(4)]);
    await close();
  });

  it("take no lease where nothing is left to delete", async () => {
    const { database, close } = await openTestDatabase();
    assert.deepEqual(await remove(database, "d", [1], { referenced: [1] }), []);
    assert.equal(await release(database, "d"), false);
    await close();
  });

  it("end at their expiry, as soon as somebody else asks, and their holder is told", async () => {
    const { database, close } = await openTestDatabase();
    await use(database, "a", [1]);
    assert.deepEqual(await remove(database, "d1", [1], { now: START_MS + MINUTE_MS - 1 }), []);
    assert.deepEqual(await remove(database, "d2", [1], { now: START_MS + MINUTE_MS }), [blob(1)]);
    assert.equal(await release(database, "a"), false);
    assert.deepEqual(await use(database, "b", [1], START_MS + 3 * MINUTE_MS), []);
    assert.equal(await release(database, "d2"), false);
    await close();
  });

  it("last for as long as they are renewed; lost ones are told", async () => {
    const { database, close } = await openTestDatabase();
    await use(database, "a", [1]);
    const renew = (ids: readonly string[], now: number) =>
      database.write((writer) => renewLeases(writer, ids, now, MINUTE_MS));
    assert.equal(await renew(["a", "gone"], START_MS + MINUTE_MS / 2), 1);
    assert.deepEqual(await remove(database, "d", [1], { now: START_MS + MINUTE_MS }), []);
    assert.equal(await renew([], START_MS), 0);
    assert.equal(await release(database, "a"), true);
    await close();
  });

  it("hold ten thousand blobs in one row", async () => {
    const { database, close } = await openTestDatabase();
    const many = Array.from({ length: 10_000 }, (_, number) => number);
    await use(database, "a", many);
    assert.deepEqual(await remove(database, "d", [0, 9_999, 10_000]), [blob(10_000)]);
    await close();
  });
});
