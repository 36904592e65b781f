import { createHash } from "node:crypto";
import { buildManifest } from "../../src/core/build-manifest.ts";
import type { CborMap, JsonObject } from "../../src/core/cbor-value.ts";
import { portableBlake3 } from "../../src/core/digest.ts";
import type { ManifestFile, ManifestPackage } from "../../src/core/manifest.ts";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import type { AppendedEvent, EventDraft } from "../../src/log/event.ts";
import { EventLog } from "../../src/log/event-log.ts";
import { LogChecker } from "../../src/log/log-checker.ts";
import { project } from "../../src/views/project.ts";

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

export const hashes = { blake3: portableBlake3.hash, sha256 };

/** 2026-05-08T16:43:34.000Z */
export const START_MS = 1_778_258_614_000;

/** A log whose clock stands still at `START_MS`, unless another is given. */
export function makeLog(clock: () => number = () => START_MS): EventLog {
  return new EventLog({ ...hashes, clock });
}

export function makeChecker(): LogChecker {
  return new LogChecker(hashes);
}

/** Appends and projects in one transaction, as the registry does. */
export function record(
  database: RegistryDatabase,
  drafts: readonly EventDraft[],
  log: EventLog = makeLog(),
  actor = "local:tester",
): Promise<AppendedEvent[]> {
  return database.write(async (writer) => {
    const append = await log.begin(writer, actor);
    const events = await append.append(drafts);
    await project(writer, events);
    await append.finish();
    return events;
  });
}

/** A version 7 UUID that is the same at every run. */
export function sampleId(number: number): string {
  return `0190d5a0-0000-7000-8000-${String(number).padStart(12, "0")}`;
}

/** Deterministic bytes for whatever needs a digest. */
export function sampleHex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function packageDraft(packageId: string, type: string, payload: CborMap): EventDraft {
  return { event_type: type, subject_kind: "package", subject_id: packageId, payload };
}

export function createdDraft(packageId: string, more: CborMap = {}): EventDraft {
  return packageDraft(packageId, "v1.package.created", {
    name: "run-1",
    producer: "guide-board",
    subject: "kontextual-cmis-compat",
    metadata: { run_id: "run-1", count: 3, passed: true, 'quo"te': "é" },
    provenance: { source_commits: {} },
    retention_class: "release-evidence",
    ...more,
  });
}

export function defaultAppliedDraft(packageId: string, more: CborMap = {}): EventDraft {
  return packageDraft(packageId, "v1.retention.default_applied", {
    retention_class: "release-evidence",
    duration_seconds: 220_752_000,
    expires_at: "2033-05-06T16:43:34.000Z",
    ...more,
  });
}

/** @param number makes the file's id, path and content */
export function ingestedDraft(packageId: string, number: number, more: CborMap = {}): EventDraft {
  const hex = sampleHex(`blob ${number}`);
  const fileId = sampleId(1_000_000 + number);
  return packageDraft(packageId, "v1.file.ingested", {
    file_id: fileId,
    path: `normalized/${String(number).padStart(6, "0")}.json`,
    media_type: "application/json",
    size_bytes: 100 + number,
    content_address: `blake3:${hex}`,
    sha256: sampleHex(`sha ${number}`),
    locations: [locationOf(fileId, hex, "local")],
    ...more,
  });
}

export function locationOf(fileId: string, hex: string, backendId: string): CborMap {
  const id = sampleHex(`${fileId} ${backendId}`);
  return {
    location_id: `${id.slice(0, 8)}-${id.slice(8, 12)}-5${id.slice(13, 16)}-8${id.slice(17, 20)}-${id.slice(20, 32)}`,
    backend_id: backendId,
    object_key: `blake3/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex}`,
  };
}

export function locationAddedDraft(
  packageId: string,
  number: number,
  backendId: string,
  cause: string,
): EventDraft {
  const hex = sampleHex(`blob ${number}`);
  const fileId = sampleId(1_000_000 + number);
  return packageDraft(packageId, "v1.storage.location_added", {
    file_id: fileId,
    content_address: `blake3:${hex}`,
    size_bytes: 100 + number,
    cause,
    ...locationOf(fileId, hex, backendId),
  });
}

/** @param drafts the package's events so far, which the manifest seals: a package without files unless given */
export function finalizedDraft(
  packageId: string,
  drafts: readonly EventDraft[] = [createdDraft(packageId)],
): EventDraft {
  const [created, ...rest] = drafts.map(({ payload }) => payload);
  const { name, producer, subject, external_id, metadata_schema, metadata } = created ?? {};
  const files = rest
    .filter((payload) => "path" in payload)
    .map(({ file_id: _, locations: __, ...file }) => file);
  const manifest = buildManifest({
    package: {
      ...{ name, producer, subject, metadata },
      ...(external_id === undefined ? {} : { external_id }),
      ...(metadata_schema === undefined ? {} : { metadata_schema }),
    } as unknown as ManifestPackage,
    files: files as unknown as ManifestFile[],
    retention_class: String(created?.["retention_class"]),
    provenance: created?.["provenance"] as JsonObject,
  });
  return packageDraft(packageId, "v1.package.finalized", manifest as unknown as CborMap);
}

export function abandonedDraft(packageId: string, reason: string): EventDraft {
  return packageDraft(packageId, "v1.package.abandoned", { reason });
}

export function schemaRegisteredDraft(slug: string): EventDraft {
  return {
    event_type: "v1.metadata_schema.registered",
    subject_kind: "metadata_schema",
    subject_id: slug,
    payload: {
      slug,
      digest: `blake3:${sampleHex(slug)}`,
      json_schema: { type: "object", required: ["run_id"], properties: { run_id: { type: "string" } } },
    },
  };
}

/** A finished package with files `first` to `first + files - 1`. */
export function packageDrafts(
  packageId: string,
  first: number,
  files: number,
  more: CborMap = {},
): EventDraft[] {
  const numbers = Array.from({ length: files }, (_, at) => first + at);
  const drafts = [
    createdDraft(packageId, more),
    defaultAppliedDraft(packageId),
    ...numbers.map((number) => ingestedDraft(packageId, number)),
  ];
  return [...drafts, finalizedDraft(packageId, drafts)];
}
