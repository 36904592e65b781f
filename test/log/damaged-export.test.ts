import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { constants, createGzip, createZstdCompress, gzipSync, zstdCompressSync } from "node:zlib";
import { sql } from "drizzle-orm/sql/sql";
import { encodeCanonicalCbor } from "../../src/core/canonical-cbor.ts";
import type { CborValue } from "../../src/core/cbor-value.ts";
import { portableBlake3 } from "../../src/core/digest.ts";
import { encodeLogExportHeader } from "../../src/core/log-export.ts";
import { measureItem } from "../../src/core/log-export-item.ts";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import { decompressed } from "../../src/log/log-export-compression.ts";
import { readLogHead } from "../../src/log/log-head.ts";
import { importLog } from "../../src/registry/import-log.ts";
import { cddlViolation, parseCddl } from "../support/cddl.ts";
import { dumpViews } from "../support/dump-views.ts";
import {
  bytesOf,
  EVENTS,
  itemsOf,
  REGISTRY_ID,
  REGISTRY_TIME,
  resealed,
  sampleExport,
  withDatabases,
} from "../support/log-export-scene.ts";
import { exportedBytes, importBytes } from "../support/move-log.ts";
import { openMemoryDatabase } from "../support/open-database.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

/** Imports what must be refused; answers the sequence that the refusal names. Nothing of it may be there. */
async function brokenSequence(bytes: Uint8Array, chunkBytes?: number): Promise<number> {
  let sequence = -1;
  await withDatabases([openMemoryDatabase], async ([database]) => {
    assert.ok(database !== undefined);
    const error = await rejectsWithCode("log_export_damaged", importBytes(database, bytes, chunkBytes));
    sequence = Number(error.errors[0]?.pointer.slice(1));
    await isEmpty(database);
  });
  return sequence;
}

async function isEmpty(database: RegistryDatabase): Promise<void> {
  const head = await database.read(readLogHead);
  assert.deepEqual([head.sequence, head.registry_id], [0, undefined]);
  for (const [name, rows] of await dumpViews(database)) assert.equal(rows.length, 0, name);
  const left = await database.read((reader) =>
    reader.get<{ n: number }>(sql`SELECT count(*) AS n FROM events`),
  );
  assert.equal(left?.n, 0);
}

describe("a log export that is not as it was written", () => {
  it("is as its page says", async () => {
    const page = readFileSync(new URL("../../docs/log-export.md", import.meta.url), "utf8");
    const rules = parseCddl([...page.matchAll(/```cddl\n([^`]*)```/g)].map((block) => block[1]).join("\n"));
    const items = itemsOf(await sampleExport());
    assert.equal(cddlViolation(rules, "log-export-header", items[0]), undefined);
    assert.equal(cddlViolation(rules, "log-export-trailer", items.at(-1)), undefined);
    for (const item of items.slice(1, -1)) {
      assert.equal(cddlViolation(rules, "log-export-event", item), undefined);
    }
    assert.equal(items.length, EVENTS + 2);
    assert.deepEqual(
      items.slice(1, -1).map(([sequence]) => sequence),
      Array.from({ length: EVENTS }, (_, index) => index + 1),
    );
  });

  it("is refused where it was cut", async () => {
    const bytes = await sampleExport();
    const starts = [0];
    for (let at = 0; at < bytes.length; ) {
      const item = measureItem(bytes, at);
      assert.ok(typeof item !== "number");
      at = item.end;
      starts.push(at);
    }
    // At the beginning, in the middle and one byte before the end of an item.
    for (const index of [0, 1, 501, EVENTS + 1]) {
      const [start = 0, end = 0] = starts.slice(index, index + 2);
      for (const cut of [start, (start + end) >> 1, end - 1]) {
        assert.equal(await brokenSequence(bytes.subarray(0, cut)), index, `cut at ${cut}`);
      }
    }
  });

  it("is refused where its compression was cut, were it by a byte of the checksum", async () => {
    const bytes = await sampleExport();
    for (const compress of [gzipSync, zstdCompressSync]) {
      for (const params of [{}, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }]) {
        const small = compress === gzipSync ? gzipSync(bytes) : zstdCompressSync(bytes, params);
        for (const cut of [1, 3, 4, 5, 7, 8, 9, 100]) {
          for (const chunkBytes of [1000, small.length]) {
            await brokenSequence(small.subarray(0, small.length - cut), chunkBytes);
          }
        }
      }
    }
  });

  it("is refused at the event that was changed, whichever byte it was", async () => {
    const bytes = await sampleExport();
    const items = itemsOf(bytes);
    let start = encodeCanonicalCbor(items[0] ?? null).length;
    for (const item of items.slice(1, 3)) {
      const { length } = encodeCanonicalCbor(item);
      for (let at = start; at < start + length; at += 11) {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ 0x01;
        assert.equal(await brokenSequence(changed), item[0], `byte ${at}`);
      }
      start += length;
    }
  });

  it("is refused at the first event that is out of its place", async () => {
    const items = itemsOf(await sampleExport());
    const moved = [...items];
    [moved[5], moved[6]] = [items[6] ?? [], items[5] ?? []];
    assert.equal(await brokenSequence(bytesOf(moved)), 5);
    assert.equal(await brokenSequence(bytesOf(items.toSpliced(7, 1))), 7);
    assert.equal(await brokenSequence(bytesOf(items.toSpliced(7, 0, items[7] ?? []))), 8);
  });

  it("is refused for a trailer that is not that of the events", async () => {
    const items = itemsOf(await sampleExport());
    const [end = "", events = 0, root = "", digest = ""] = items.at(-1) ?? [];
    const wrong = new Uint8Array(32);
    for (const trailer of [
      [end, Number(events) + 1, root, digest],
      [end, events, wrong, digest],
      [end, events, root, wrong],
      [end, events, root],
      ["END", events, root, digest],
    ]) {
      assert.equal(await brokenSequence(bytesOf([...items.slice(0, -1), trailer])), EVENTS + 1);
    }
  });

  it("is refused for what follows its trailer", async () => {
    const bytes = await sampleExport();
    assert.equal(await brokenSequence(Buffer.concat([bytes, new Uint8Array(1)])), EVENTS + 2);
    assert.equal(await brokenSequence(Buffer.concat([bytes, bytes]), 4096), EVENTS + 2);
  });

  it("is refused for events that no registry records, however well it is sealed", async () => {
    const bytes = await sampleExport();
    const all = itemsOf(bytes);
    assert.ok(Buffer.from(resealed(all)).equals(bytes));
    // A few events are quicker to seal.
    const items = [...all.slice(0, 20), all.at(-1) ?? []];
    const edited = (sequence: number, member: number, value: CborValue) =>
      resealed(items.map((item, at) => (at === sequence ? item.with(member, value) : item)));
    const payload = (value: CborValue) => encodeCanonicalCbor(value);
    assert.equal(await brokenSequence(edited(9, 1, "2020-01-01T00:00:00.000Z")), 9);
    assert.equal(await brokenSequence(edited(9, 1, "2026-05-08 16:43:34.000Z")), 9);
    assert.equal(await brokenSequence(edited(9, 7, new Uint8Array([0xbf, 0xff]))), 9);
    assert.equal(await brokenSequence(edited(9, 7, payload([1]))), 9);
    assert.equal(await brokenSequence(edited(9, 0, 10)), 9);
    assert.equal(await brokenSequence(edited(9, 7, payload({ path: 1 }))), 9);
    // A file twice: the page of events that begins with the first gives no views.
    assert.equal(await brokenSequence(edited(9, 7, items[8]?.[7] ?? null)), 1);
    const nameless = [["artifactstore log export", 1, null, null], ...items.slice(1)];
    assert.equal(await brokenSequence(resealed(nameless)), 2);
  });

  it("is told from files of another kind", async () => {
    const events = itemsOf(await sampleExport()).slice(1);
    const header = (...members: CborValue[]) => bytesOf([members, ...events]);
    const foreign = [
      new TextEncoder().encode("-- PostgreSQL database dump\n"),
      new Uint8Array(1_000_000),
      gzipSync(new Uint8Array(1_000_000)),
      header("artifactstore log export", 2, null, null),
      header("artifactstore log export", 2, REGISTRY_ID),
      header("artifactstore log", 1, null, null),
      header("artifactstore log export", 1, "x", REGISTRY_TIME),
      header("artifactstore log export", 1, REGISTRY_ID, null),
      bytesOf(events),
    ];
    for (const [index, bytes] of foreign.entries()) {
      await withDatabases([openMemoryDatabase], async ([database]) => {
        assert.ok(database !== undefined);
        const error = await rejectsWithCode("invalid_input", importBytes(database, bytes));
        assert.ok(error.message.length < 300, `file ${index}`);
        await isEmpty(database);
      });
    }
    assert.equal(await brokenSequence(new Uint8Array(0)), 0);
  });

  it("is refused for the length that it claims, before the bytes are there", async () => {
    const header = encodeLogExportHeader({ registry_id: REGISTRY_ID, created_at: REGISTRY_TIME });
    const claims: readonly (readonly number[])[] = [
      // A text of 2^32 bytes as time, an array of 2^53 elements, an indefinite byte string, a map, a tag.
      [0x88, 0x01, 0x7b, 0, 0, 0, 1, 0, 0, 0, 0],
      [0x9b, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0x88, 0x5f],
      [0xa1],
      [0x88, 0xc1, 0x01],
      [0x88, 0x18, 0x01],
      [0x84, 0x58, 0x41],
    ];
    for (const claim of claims) {
      const endless = (async function* () {
        yield Buffer.concat([header, new Uint8Array(claim)]);
        throw new Error("nobody asks for more");
      })();
      await withDatabases([openMemoryDatabase], async ([database]) => {
        assert.ok(database !== undefined);
        const importing = importLog({ database, clock: Date.now, blake3: portableBlake3 }, endless);
        const error = await rejectsWithCode("log_export_damaged", importing);
        assert.equal(error.errors[0]?.pointer, "/1");
      });
    }
  });

  it("is refused where its compression breaks", async () => {
    const bytes = await sampleExport();
    await withDatabases([openMemoryDatabase], async ([source]) => {
      assert.ok(source !== undefined);
      await importBytes(source, bytes);
      for (const compression of ["gzip", "zstd"] as const) {
        const small = await exportedBytes(source, compression);
        const cut = await brokenSequence(small.subarray(0, small.length >> 1));
        assert.ok(cut <= EVENTS + 1);
        const changed = small.slice();
        changed.fill(0x55, small.length >> 1, (small.length >> 1) + 64);
        assert.ok((await brokenSequence(changed)) <= EVENTS + 2);
      }
    });
  });
});

describe("a compressed file that holds more than it seems", () => {
  /** A gigabyte of one letter, as the payload of the first event says that it is. */
  function* bomb(payloadBytes: number): Generator<Uint8Array> {
    yield encodeLogExportHeader({ registry_id: REGISTRY_ID, created_at: REGISTRY_TIME });
    const members = [1, REGISTRY_TIME, "v1.x", "package", "x", "x", new Uint8Array(32)];
    const head = encodeCanonicalCbor(members);
    head[0] = 0x88;
    const length = encodeCanonicalCbor(payloadBytes);
    length[0] = (length[0] ?? 0) | 0x40;
    yield Buffer.concat([head, length]);
    const letters = new Uint8Array(1024 * 1024).fill(0x61);
    for (let left = payloadBytes; left > 0; left -= letters.length) yield letters;
  }

  it("is expanded no further than a limit, and not before it is asked for", async () => {
    for (const create of [createGzip, createZstdCompress]) {
      const source = Readable.from(bomb(1024 * 1024 * 1024));
      const taken: Uint8Array[] = [];
      // The head of a text that is too long is enough; most of the rest would never be asked for.
      for await (const chunk of source.pipe(create())) {
        taken.push(chunk as Uint8Array);
        if (Buffer.concat(taken).length > 4096) break;
      }
      assert.equal(await brokenSequence(Buffer.concat(taken)), 1);
    }
  });

  it("gives out one piece at a time", async () => {
    const zeros = gzipSync(new Uint8Array(64 * 1024 * 1024));
    const pieces = decompressed(
      (async function* () {
        yield zeros;
      })(),
    );
    const before = process.memoryUsage().arrayBuffers;
    const first = await pieces.next();
    assert.ok(first.done !== true && first.value.length <= 1024 * 1024);
    const grown = process.memoryUsage().arrayBuffers - before;
    await pieces.return(undefined);
    assert.ok(grown < 16 * 1024 * 1024, `${grown} bytes for the first piece`);
  });
});
