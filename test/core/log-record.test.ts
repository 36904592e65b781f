import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { digestSha256 } from "../../src/core/digest.ts";
import { encodeLogRecord, logRecordLeafHash } from "../../src/core/log-record.ts";
import { merkleLeafHash } from "../../src/core/merkle.ts";

describe("a log record", () => {
  const event = {
    sequence: 26,
    created_at: "2026-05-08T16:43:34.000Z",
    event_type: "v1.package.finalized",
    subject_kind: "package",
    subject_id: "p",
    actor: "local:root",
    payload_digest: hexToBytes("00".repeat(32)),
  };

  it("is the fixed array in canonical CBOR", () => {
    const text = (value: string) => bytesToHex(new TextEncoder().encode(value));
    const expected = `8801181a7818${text(event.created_at)}74${text(event.event_type)}67${text("package")}61706a${text("local:root")}5820${"00".repeat(32)}`;
    assert.equal(bytesToHex(encodeLogRecord(event)), expected);
  });

  it("is hashed as a leaf: SHA-256 of a zero byte and the record", () => {
    const record = encodeLogRecord(event);
    assert.deepEqual(logRecordLeafHash(event), digestSha256(new Uint8Array([0, ...record])));
    assert.deepEqual(merkleLeafHash(record), logRecordLeafHash(event));
  });
});
