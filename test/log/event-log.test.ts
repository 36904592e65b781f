import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeCanonicalCbor, encodeCanonicalCbor } from "../../src/core/canonical-cbor.ts";
import { logRecordLeafHash } from "../../src/core/log-record.ts";
import { MerkleFrontier } from "../../src/core/merkle-frontier.ts";
import { readLogHead } from "../../src/log/log-head.ts";
import { EVENT_PAGE_MAX_BYTES, eventPages, readEvents } from "../../src/log/read-events.ts";
import { ensureRegistryId, readRegistryId } from "../../src/log/registry-id.ts";
import {
  createdDraft,
  hashes,
  ingestedDraft,
  makeLog,
  record,
  START_MS,
  sampleId,
} from "../support/log-scene.ts";
import { openTestDatabase } from "../support/open-database.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

describe("the event log", () => {
  it("is empty at first", async () => {
    const { database, close } = await openTestDatabase();
    assert.deepEqual(await database.read((reader) => readLogHead(reader)), {
      registry_id: undefined,
      sequence: 0,
      root_hash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      created_at: undefined,
    });
    assert.deepEqual(await database.read((reader) => readEvents(reader)), []);
    await close();
  });

  it("gives events their place, their digest and their leaf", async () => {
    const { database, close } = await openTestDatabase();
    const drafts = [
      createdDraft(sampleId(1)),
      ...[1, 2, 3].map((number) => ingestedDraft(sampleId(1), number)),
    ];
    const first = await record(database, drafts.slice(0, 1));
    const rest = await record(database, drafts.slice(1), undefined, "local:other");
    const events = await database.read((reader) => readEvents(reader));
    assert.deepEqual(
      events.map((event) => event.sequence),
      [1, 2, 3, 4],
    );
    assert.deepEqual(
      events.map((event) => event.actor),
      ["local:tester", "local:other", "local:other", "local:other"],
    );
    assert.deepEqual(
      [...first, ...rest].map(({ value: _, ...event }) => event),
      events.map((event) => ({ ...event })),
    );
    const frontier = new MerkleFrontier(hashes.sha256);
    for (const [at, event] of events.entries()) {
      assert.deepEqual(decodeCanonicalCbor(event.payload), drafts[at]?.payload);
      assert.deepEqual(hashes.blake3(event.payload), new Uint8Array(event.payload_digest));
      frontier.append(logRecordLeafHash(event, hashes.sha256));
    }
    const head = await database.read((reader) => readLogHead(reader));
    assert.equal(head.sequence, 4);
    assert.equal(head.root_hash, Buffer.from(frontier.root()).toString("hex"));
    assert.equal(head.created_at, "2026-05-08T16:43:34.000Z");
    await close();
  });

  it("has the same tree whether events come one by one or many at a time", async () => {
    const drafts = Array.from({ length: 600 }, (_, number) => ingestedDraft(sampleId(1), number));
    const roots: string[] = [];
    for (const size of [7, 256, 600]) {
      const { database, close } = await openTestDatabase();
      await record(database, [createdDraft(sampleId(1))]);
      for (let at = 0; at < drafts.length; at += size) await record(database, drafts.slice(at, at + size));
      roots.push((await database.read((reader) => readLogHead(reader))).root_hash);
      await close();
    }
    assert.equal(new Set(roots).size, 1);
  });

  it("never goes back in time", async () => {
    const { database, close } = await openTestDatabase();
    let now = START_MS;
    const log = makeLog(() => now);
    await record(database, [createdDraft(sampleId(1))], log);
    now -= 3_600_000;
    await record(database, [ingestedDraft(sampleId(1), 1)], log);
    now = START_MS + 1;
    await record(database, [ingestedDraft(sampleId(1), 2)], log);
    const times = (await database.read((reader) => readEvents(reader))).map((event) => event.created_at);
    const start = "2026-05-08T16:43:34.000Z";
    assert.deepEqual(times, [start, start, "2026-05-08T16:43:34.001Z"]);
    await close();
  });

  it("leaves no trace of a transaction that fails", async () => {
    const { database, close } = await openTestDatabase();
    await record(database, [createdDraft(sampleId(1))]);
    const before = await database.read((reader) => readLogHead(reader));
    await assert.rejects(
      database.write(async (writer) => {
        const append = await makeLog().begin(writer, "local:tester");
        await append.append([ingestedDraft(sampleId(1), 1)]);
        await append.finish();
        throw new Error("on second thoughts");
      }),
    );
    assert.deepEqual(await database.read((reader) => readLogHead(reader)), before);
    await record(database, [ingestedDraft(sampleId(1), 1)]);
    assert.equal((await database.read((reader) => readLogHead(reader))).sequence, 2);
    await close();
  });

  it("takes a payload that is encoded already", async () => {
    const { database, close } = await openTestDatabase();
    const draft = createdDraft(sampleId(1));
    const bytes = encodeCanonicalCbor(draft.payload);
    const [event] = await record(database, [{ ...draft, payload_bytes: bytes }]);
    assert.equal(event?.payload, bytes);
    await close();
  });

  it("takes no event after it is finished, and none that is no canonical CBOR", async () => {
    const { database, close } = await openTestDatabase();
    await database.write(async (writer) => {
      const append = await makeLog().begin(writer, "local:tester");
      await append.finish();
      await rejectsWithCode("internal", () => append.append([createdDraft(sampleId(1))]));
    });
    const notANumber = createdDraft(sampleId(1), { metadata: { x: Number.NaN } });
    await rejectsWithCode("invalid_cbor", () => record(database, [notANumber]));
    await close();
  });

  it("has one registry id, made once", async () => {
    const { database, close } = await openTestDatabase();
    assert.equal(await database.read((reader) => readRegistryId(reader)), undefined);
    const ids = ["first", "second"].values();
    const ensure = () =>
      database.write((writer) =>
        ensureRegistryId(writer, () => ids.next().value ?? "", "2026-01-01T00:00:00.000Z"),
      );
    assert.deepEqual([await ensure(), await ensure()], ["first", "first"]);
    assert.equal((await database.read((reader) => readLogHead(reader))).registry_id, "first");
    await close();
  });
});

describe("reading events", () => {
  it("goes by pages, from a sequence on, through another, of one subject", async () => {
    const { database, close } = await openTestDatabase();
    await record(database, [createdDraft(sampleId(1)), createdDraft(sampleId(2))]);
    await record(
      database,
      [1, 2, 3, 4, 5, 6].map((number) => ingestedDraft(sampleId(1 + (number % 2)), number)),
    );
    const sequences = (query: Parameters<typeof readEvents>[1]) =>
      database.read(async (reader) => (await readEvents(reader, query)).map((event) => event.sequence));
    assert.deepEqual(await sequences({ since: 3, limit: 2 }), [4, 5]);
    assert.deepEqual(await sequences({ since: 6, through: 7 }), [7]);
    assert.deepEqual(await sequences({ since: 8 }), []);
    const subject = { kind: "package", id: sampleId(1) };
    assert.deepEqual(await sequences({ subject }), [1, 4, 6, 8]);
    assert.deepEqual(await sequences({ subject, since: 4, limit: 1 }), [6]);
    assert.deepEqual(await sequences({ subject: { kind: "store", id: sampleId(1) } }), []);
    await close();
  });

  it("keeps few large payloads in memory at once", async () => {
    const { database, close } = await openTestDatabase();
    const text = "x".repeat(EVENT_PAGE_MAX_BYTES / 2 - 1000);
    const drafts = [1, 2, 3, 4, 5].map((number) => createdDraft(sampleId(number), { metadata: { text } }));
    await record(database, drafts);
    const pages = await database.read(async (reader) => {
      const lengths: number[] = [];
      for await (const page of eventPages(reader)) lengths.push(page.length);
      return lengths;
    });
    assert.deepEqual(pages, [2, 2, 1]);
    await close();
  });

  it("passes on a payload that is larger than a page", async () => {
    const { database, close } = await openTestDatabase();
    const text = "x".repeat(EVENT_PAGE_MAX_BYTES);
    await record(database, [createdDraft(sampleId(1), { metadata: { text } }), createdDraft(sampleId(2))]);
    const page = await database.read((reader) => readEvents(reader));
    assert.deepEqual(
      page.map((event) => event.sequence),
      [1],
    );
    await close();
  });
});
