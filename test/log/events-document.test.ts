import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeCanonicalCbor, encodeCanonicalCbor } from "../../src/core/canonical-cbor.ts";
import type { CborMap } from "../../src/core/cbor-value.ts";
import { brokenEventRule } from "../../src/core/event-rules.ts";
import { encodeLogRecord } from "../../src/core/log-record.ts";
import type { EventDraft } from "../../src/log/event.ts";
import { PROJECTED_EVENT_TYPES } from "../../src/views/project.ts";
import { cddlViolation, parseCddl } from "../support/cddl.ts";
import { documentedEventTypes, eventRules } from "../support/event-rules.ts";
import {
  abandonedDraft,
  createdDraft,
  defaultAppliedDraft,
  finalizedDraft,
  hashes,
  ingestedDraft,
  locationAddedDraft,
  sampleHex,
  sampleId,
  schemaRegisteredDraft,
} from "../support/log-scene.ts";

const digest = `blake3:${sampleHex("schema")}`;

const DRAFTS: readonly EventDraft[] = [
  createdDraft(sampleId(1)),
  createdDraft(sampleId(1), { external_id: "run-1", metadata_schema: { slug: "s", digest } }),
  defaultAppliedDraft(sampleId(1)),
  defaultAppliedDraft(sampleId(1), { duration_seconds: null, expires_at: null }),
  ingestedDraft(sampleId(1), 1),
  ingestedDraft(sampleId(1), 1, { annotations: { a: [1, 1.5, null, { b: false }] } }),
  finalizedDraft(sampleId(1)),
  finalizedDraft(sampleId(1), [createdDraft(sampleId(1)), ingestedDraft(sampleId(1), 1)]),
  abandonedDraft(sampleId(1), "why"),
  locationAddedDraft(sampleId(1), 1, "ceph-b", "routed"),
  locationAddedDraft(sampleId(1), 1, "local", "restored"),
  schemaRegisteredDraft("guide-board.run.v1"),
];

/** Payloads that must not pass, by event type: what the description is for. */
const WRONG: readonly (readonly [string, CborMap])[] = [
  ["v1.package.created", { ...createdDraft(sampleId(1)).payload, name: 7 }],
  ["v1.package.created", { ...createdDraft(sampleId(1)).payload, more: "x" }],
  ["v1.package.created", { ...createdDraft(sampleId(1)).payload, metadata: [] }],
  ["v1.package.created", { ...createdDraft(sampleId(1)).payload, provenance: { x: new Uint8Array(1) } }],
  ["v1.retention.default_applied", { retention_class: "x", duration_seconds: -1, expires_at: null }],
  ["v1.retention.default_applied", { retention_class: "x", duration_seconds: 1, expires_at: "2026-01-01" }],
  ["v1.file.ingested", { ...ingestedDraft(sampleId(1), 1).payload, locations: [] }],
  ["v1.file.ingested", { ...ingestedDraft(sampleId(1), 1).payload, content_address: sampleHex("x") }],
  ["v1.file.ingested", { ...ingestedDraft(sampleId(1), 1).payload, sha256: "AB" }],
  ["v1.package.finalized", { ...finalizedDraft(sampleId(1)).payload, manifest_version: 2 }],
  ["v1.package.abandoned", {}],
  ["v1.storage.location_added", locationAddedDraft(sampleId(1), 1, "local", "moved").payload],
  ["v1.metadata_schema.registered", { slug: "x", digest, json_schema: true }],
];

describe("docs/events.md", () => {
  it("describes every event type that there is, and no other", () => {
    assert.deepEqual(documentedEventTypes.toSorted(), [...PROJECTED_EVENT_TYPES].toSorted());
    for (const type of documentedEventTypes) assert.ok(eventRules.has(type), type);
    assert.deepEqual(new Set(DRAFTS.map((draft) => draft.event_type)), new Set(documentedEventTypes));
  });

  it("describes payloads as they are", () => {
    for (const { event_type, payload } of DRAFTS) {
      const stored = decodeCanonicalCbor(encodeCanonicalCbor(payload));
      assert.equal(cddlViolation(eventRules, event_type, stored), undefined);
    }
  });

  it("is what events are held to", () => {
    for (const draft of DRAFTS) {
      assert.equal(brokenEventRule({ ...draft, actor: "local:tester" }, draft.payload), undefined);
    }
    for (const [type, payload] of WRONG) {
      const like = DRAFTS.find((draft) => draft.event_type === type);
      assert.ok(like !== undefined);
      assert.notEqual(brokenEventRule({ ...like, actor: "local:tester" }, payload), undefined, type);
    }
  });

  it("rules out payloads that are not so", () => {
    for (const [type, payload] of WRONG) {
      assert.notEqual(cddlViolation(eventRules, type, payload), undefined, JSON.stringify(payload));
    }
  });

  it("describes the record that the tree binds", () => {
    const record = encodeLogRecord({
      ...abandonedDraft(sampleId(1), "why"),
      sequence: 3,
      created_at: "2026-05-08T16:43:34.000Z",
      actor: "local:tester",
      payload_digest: hashes.blake3(new Uint8Array(0)),
    });
    const items = decodeCanonicalCbor(record);
    assert.equal(cddlViolation(eventRules, "record", items), undefined);
    assert.ok(Array.isArray(items));
    assert.notEqual(cddlViolation(eventRules, "record", items.slice(1)), undefined);
  });
});

describe("the reader of CDDL", () => {
  it("refuses what it does not understand", () => {
    for (const text of ["a", "a = ", "a = { b }", "a = [ tstr", "a = tstr\na = tstr", "A = tstr"]) {
      assert.throws(() => parseCddl(text));
    }
  });

  it("reports a rule that is missing", () => {
    assert.notEqual(cddlViolation(parseCddl("a = b"), "a", 1), undefined);
    assert.notEqual(cddlViolation(parseCddl("a = tstr"), "b", 1), undefined);
  });
});
