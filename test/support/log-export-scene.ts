import assert from "node:assert/strict";
import { decodeCanonicalCbor, encodeCanonicalCbor } from "../../src/core/canonical-cbor.ts";
import type { CborValue } from "../../src/core/cbor-value.ts";
import { digestBlake3 } from "../../src/core/digest.ts";
import { encodeLogExportTrailer } from "../../src/core/log-export.ts";
import { measureItem } from "../../src/core/log-export-item.ts";
import { logRecordLeafHash } from "../../src/core/log-record.ts";
import { MerkleFrontier } from "../../src/core/merkle-frontier.ts";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import type { EventDraft } from "../../src/log/event.ts";
import { ensureRegistryId } from "../../src/log/registry-id.ts";
import {
  abandonedDraft,
  createdDraft,
  defaultAppliedDraft,
  hashes,
  locationAddedDraft,
  packageDrafts,
  record,
  sampleId,
  schemaRegisteredDraft,
} from "./log-scene.ts";
import { exportedBytes } from "./move-log.ts";
import { type OpenedDatabase, openMemoryDatabase } from "./open-database.ts";

export const REGISTRY_ID = "0f8fad5b-d9cb-469f-a165-70867728950e";
export const REGISTRY_TIME = "2026-05-08T16:43:34.000Z";
const UNKNOWN: EventDraft = {
  event_type: "v9.package.teleported",
  subject_kind: "package",
  subject_id: sampleId(1),
  payload: { where: "elsewhere" },
};

/** Every type of event, more than one page and more than two tiles of them. */
export async function fillWithEverything(database: RegistryDatabase): Promise<void> {
  await record(database, [schemaRegisteredDraft("guide-board.run.v1")]);
  await database.write((writer) => ensureRegistryId(writer, () => REGISTRY_ID, REGISTRY_TIME));
  await record(database, packageDrafts(sampleId(1), 1, 600, { external_id: "run-1" }));
  await record(database, [createdDraft(sampleId(2)), defaultAppliedDraft(sampleId(2)), UNKNOWN]);
  await record(database, [abandonedDraft(sampleId(2), "the source changed, „wie es scheint“")]);
  await record(database, [locationAddedDraft(sampleId(1), 5, "ceph-b", "routed")]);
}

/** That `fillWithEverything` records. */
export const EVENTS = 609;

/** Opens them all and closes them, however the work ends. */
export async function withDatabases(
  open: readonly (() => Promise<OpenedDatabase>)[],
  work: (databases: readonly RegistryDatabase[]) => Promise<void>,
): Promise<void> {
  const opened = await Promise.all(open.map((each) => each()));
  try {
    await work(opened.map(({ database }) => database));
  } finally {
    for (const { close } of opened) await close();
  }
}

/** The export of what `fillWithEverything` records, made once. */
let made: Promise<Uint8Array> | undefined;
export function sampleExport(): Promise<Uint8Array> {
  made ??= (async () => {
    const { database, close } = await openMemoryDatabase();
    await fillWithEverything(database);
    const bytes = await exportedBytes(database);
    await close();
    return bytes;
  })();
  return made;
}

/** The items of an export, as values. */
export function itemsOf(bytes: Uint8Array): CborValue[][] {
  const items: CborValue[][] = [];
  for (let at = 0; at < bytes.length; ) {
    const item = measureItem(bytes, at);
    assert.ok(typeof item !== "number");
    items.push(decodeCanonicalCbor(bytes.subarray(item.start, item.end)) as CborValue[]);
    at = item.end;
  }
  return items;
}

export function bytesOf(items: readonly CborValue[]): Uint8Array {
  return Buffer.concat(items.map((item) => encodeCanonicalCbor(item)));
}

/** The file that says of some events what an export would say: leaves, root and digest are right. */
export function resealed(items: readonly CborValue[][]): Uint8Array {
  const frontier = new MerkleFrontier();
  const sealed = items.slice(1, -1).map((item) => {
    const [sequence, created_at, event_type, subject_kind, subject_id, actor, , payload] = item;
    const leaf = logRecordLeafHash({
      sequence: Number(sequence),
      created_at: String(created_at),
      event_type: String(event_type),
      subject_kind: String(subject_kind),
      subject_id: String(subject_id),
      actor: String(actor),
      payload_digest: hashes.blake3(payload as Uint8Array),
    });
    frontier.append(leaf);
    return [...item.slice(0, 6), leaf, item[7] as Uint8Array];
  });
  const before = bytesOf([items[0] ?? [], ...sealed]);
  const trailer = { events: frontier.size, root_hash: frontier.root(), digest: digestBlake3(before) };
  return Buffer.concat([before, encodeLogExportTrailer(trailer)]);
}
