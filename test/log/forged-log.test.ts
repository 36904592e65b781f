import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeCanonicalCbor, encodeCanonicalCbor } from "../../src/core/canonical-cbor.ts";
import type { CborMap, CborValue } from "../../src/core/cbor-value.ts";
import { isArtifactstoreError } from "../../src/core/errors.ts";
import { IMPORT_AHEAD_MAX_MS } from "../../src/core/limits.ts";
import { formatTimestamp } from "../../src/core/timestamp.ts";
import { chooseBlake3 } from "../../src/dataplane/hash-engine.ts";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import type { EventDraft } from "../../src/log/event.ts";
import { readLogHead } from "../../src/log/log-head.ts";
import { ensureRegistryId } from "../../src/log/registry-id.ts";
import { checkReplay } from "../../src/registry/replay-log.ts";
import { itemsOf, REGISTRY_ID, REGISTRY_TIME, resealed, withDatabases } from "../support/log-export-scene.ts";
import {
  abandonedDraft,
  finalizedDraft,
  ingestedDraft,
  locationAddedDraft,
  makeLog,
  packageDrafts,
  record,
  START_MS,
  sampleId,
  schemaRegisteredDraft,
} from "../support/log-scene.ts";
import { exportedBytes, importBytes } from "../support/move-log.ts";
import { openMemoryDatabase } from "../support/open-database.ts";

const blake3 = await chooseBlake3();

const ID = sampleId(1);
const FILES = 6;
/** created, default applied, files from 3 to 8, finalized, and what comes after. */
const FIRST_FILE = 3;
const FINALIZED = FIRST_FILE + FILES;
const AFTER = FINALIZED + 1;

/** A whole history, as the program writes it: one package, then one event more of every other kind. */
const HISTORY: readonly EventDraft[] = [
  ...packageDrafts(ID, 1, FILES, { external_id: "run-1" }),
  locationAddedDraft(ID, 5, "ceph-b", "routed"),
  schemaRegisteredDraft("tests.v1"),
];

function changed(sequence: number, more: CborMap, columns: Partial<EventDraft> = {}): EventDraft[] {
  return HISTORY.map((draft, index) =>
    index === sequence - 1 ? { ...draft, ...columns, payload: { ...draft.payload, ...more } } : draft,
  );
}

function appended(...drafts: EventDraft[]): EventDraft[] {
  return [...HISTORY, ...drafts];
}

function manifest(): { files: CborMap[]; package: CborMap; storage_receipts: CborValue[] } {
  return structuredClone(HISTORY[FINALIZED - 1]?.payload) as unknown as ReturnType<typeof manifest>;
}

function sealing(change: (sealed: ReturnType<typeof manifest>) => unknown): EventDraft[] {
  const sealed = manifest();
  change(sealed);
  return changed(FINALIZED, sealed);
}

/** The same package as if one file less had been recorded. */
function sealingFewer(): EventDraft[] {
  const { payload } = finalizedDraft(ID, HISTORY.slice(0, FINALIZED - 2));
  return changed(FINALIZED, payload);
}

const NEXT = HISTORY.length + 1;
const UNKNOWN: EventDraft = { event_type: "v9.x", subject_kind: "package", subject_id: ID, payload: {} };

/** What no registry records, and the sequence of the event that says so. */
const FORGED: Readonly<Record<string, readonly [readonly EventDraft[], number]>> = {
  "a path that leaves its directory": [changed(FIRST_FILE, { path: "../../escape" }), FIRST_FILE],
  "an object key that leaves its store": [
    changed(FIRST_FILE, {
      locations: [{ location_id: sampleId(7), backend_id: "local", object_key: "../../etc/passwd" }],
    }),
    FIRST_FILE,
  ],
  "a size below nothing": [changed(FIRST_FILE, { size_bytes: -1 }), FIRST_FILE],
  "a file's id that is none": [changed(FIRST_FILE, { file_id: "x" }), FIRST_FILE],
  "a key that nobody knows": [changed(FIRST_FILE, { more: 1 }), FIRST_FILE],
  "a package's id that is none": [HISTORY.map((draft) => ({ ...draft, subject_id: "zz" })), 1],
  "another subject kind": [changed(1, {}, { subject_kind: "store" }), 1],
  "a schema under another slug": [changed(HISTORY.length, { slug: "other.v1" }), HISTORY.length],
  "a manifest of another version": [changed(FINALIZED, { manifest_version: 2 }), FINALIZED],
  "a receipt without a file": [sealing(({ files }) => files.pop()), FINALIZED],
  "a manifest with a file less": [sealingFewer(), FINALIZED],
  "another producer sealed": [
    sealing((sealed) => {
      sealed.package = { ...sealed.package, producer: "somebody" };
    }),
    FINALIZED,
  ],
  "another retention class sealed": [
    changed(FINALIZED, { retention_summary: { retention_class: "other" } }),
    FINALIZED,
  ],
  "another media type sealed": [
    sealing(({ files }) => {
      files[2] = { ...files[2], media_type: "text/plain" };
    }),
    FINALIZED,
  ],
  "a package that is sealed twice": [appended(...HISTORY.slice(FINALIZED - 1, FINALIZED)), NEXT],
  "a file after the manifest": [appended(ingestedDraft(ID, 99)), NEXT],
  "a sealed package that is abandoned": [appended(abandonedDraft(ID, "why")), NEXT],
  "a copy of another blob": [
    changed(AFTER, { content_address: HISTORY[FIRST_FILE - 1]?.payload["content_address"] ?? null }),
    AFTER,
  ],
  "bytes in an unknown event": [appended({ ...UNKNOWN, payload: { a: [new Uint8Array(1)] } }), NEXT],
};

/** Such a log with valid digests, leaves and root. Nothing of it is checked as it is written. */
async function write(database: RegistryDatabase, drafts: readonly EventDraft[], actor?: string) {
  await database.write((writer) => ensureRegistryId(writer, () => REGISTRY_ID, REGISTRY_TIME));
  await database.write(async (writer) => {
    const append = await makeLog().begin(writer, actor ?? "local:tester");
    await append.append(drafts);
    await append.finish();
  });
}

/** The same as a file. */
async function fileOf(drafts: readonly EventDraft[]): Promise<Uint8Array> {
  let bytes: Uint8Array = new Uint8Array(0);
  await withDatabases([openMemoryDatabase], async ([database]) => {
    assert.ok(database !== undefined);
    await record(database, HISTORY);
    await database.write((writer) => ensureRegistryId(writer, () => REGISTRY_ID, REGISTRY_TIME));
    const [header = [], first = []] = itemsOf(await exportedBytes(database));
    bytes = resealed([
      header,
      ...drafts.map(({ event_type, subject_kind, subject_id, payload }, index) => [
        ...[index + 1, first[1] ?? "", event_type, subject_kind, subject_id, "local:tester"],
        ...[new Uint8Array(32), encodeCanonicalCbor(payload)],
      ]),
      [],
    ]);
  });
  return bytes;
}

async function refusedAt(bytes: Uint8Array): Promise<string | undefined> {
  let pointer: string | undefined;
  await withDatabases([openMemoryDatabase], async ([database]) => {
    assert.ok(database !== undefined);
    await assert.rejects(importBytes(database, bytes), (error) => {
      assert.ok(isArtifactstoreError(error, "log_export_damaged"), String(error));
      pointer = error.errors[0]?.pointer;
      return true;
    });
    assert.equal((await database.read(readLogHead)).sequence, 0);
  });
  return pointer;
}

describe("a log that nobody recorded, sealed well", () => {
  it("is told from one that was", async () => {
    await withDatabases([openMemoryDatabase, openMemoryDatabase], async ([written, target]) => {
      assert.ok(written !== undefined && target !== undefined);
      await record(written, HISTORY);
      assert.equal((await checkReplay({ database: written, blake3 })).equal, true);
      assert.equal((await importBytes(target, await fileOf(HISTORY))).events, HISTORY.length);
    });
  });

  for (const [name, [drafts, sequence]] of Object.entries(FORGED)) {
    it(`is refused by import, and found by the check: ${name}`, async () => {
      assert.equal(await refusedAt(await fileOf(drafts)), `/${sequence}`);
      await withDatabases([openMemoryDatabase], async ([database]) => {
        assert.ok(database !== undefined);
        await write(database, drafts);
        const { equal, logProblems } = await checkReplay({ database, blake3 });
        assert.equal(equal, false);
        assert.equal(logProblems[0]?.sequence, sequence);
      });
    });
  }

  it("is refused for an actor that is none", async () => {
    const items = itemsOf(await fileOf(HISTORY));
    const nameless = items.map((item, at) => (at === 4 ? item.with(5, "") : item));
    assert.equal(await refusedAt(resealed(nameless)), "/4");
    await withDatabases([openMemoryDatabase], async ([database]) => {
      assert.ok(database !== undefined);
      await write(database, HISTORY, "");
      assert.equal((await checkReplay({ database, blake3 })).logProblems[0]?.sequence, 1);
    });
  });

  it("is refused for times far ahead of the clock, after which nothing could be recorded", async () => {
    const items = itemsOf(await fileOf(HISTORY));
    const last = HISTORY.length;
    const dated = (epochMs: number) =>
      resealed(items.map((item, at) => (at === last ? item.with(1, formatTimestamp(epochMs)) : item)));
    assert.equal(await refusedAt(dated(Date.UTC(9999, 11, 31))), `/${last}`);
    assert.equal(await refusedAt(dated(START_MS + IMPORT_AHEAD_MAX_MS + 1)), `/${last}`);
    await withDatabases([openMemoryDatabase], async ([database]) => {
      assert.ok(database !== undefined);
      const { head } = await importBytes(database, dated(START_MS + IMPORT_AHEAD_MAX_MS));
      assert.equal(head.created_at, formatTimestamp(START_MS + IMPORT_AHEAD_MAX_MS));
    });
  });

  it("keeps events of unknown types that JSON can say", async () => {
    await withDatabases([openMemoryDatabase], async ([database]) => {
      assert.ok(database !== undefined);
      const payload = { a: [1, 2.5, null, { b: "é" }] };
      const { unknownTypes } = await importBytes(database, await fileOf(appended({ ...UNKNOWN, payload })));
      assert.deepEqual([...unknownTypes], [["v9.x", 1]]);
      const [, , ...rest] = itemsOf(await exportedBytes(database));
      assert.deepEqual(decodeCanonicalCbor(rest.at(-2)?.[7] as Uint8Array), payload);
    });
  });
});
