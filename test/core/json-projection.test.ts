import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decodeCanonicalCbor, encodeCanonicalCbor } from "../../src/core/canonical-cbor.ts";
import { printCanonicalJson } from "../../src/core/canonical-json.ts";
import { projectToJson, readJsonProjection } from "../../src/core/json-projection.ts";
import { CBOR_DEPTH_MAX } from "../../src/core/limits.ts";
import { jsonValue } from "../support/arbitrary-values.ts";
import { refusal } from "../support/refusal.ts";

describe("JSON projection", () => {
  it("leads from CBOR to JSON and back to the same bytes", () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        const bytes = encodeCanonicalCbor(value);
        const text = projectToJson(bytes);
        assert.deepEqual(readJsonProjection(text), bytes);
        assert.equal(printCanonicalJson(JSON.parse(text)), text);
      }),
    );
  });

  it("holds at the deepest nesting", () => {
    let deepest: unknown[] = [];
    for (let depth = 1; depth < CBOR_DEPTH_MAX; depth++) deepest = [deepest];
    const bytes = encodeCanonicalCbor(deepest as never);
    assert.deepEqual(readJsonProjection(projectToJson(bytes)), bytes);
  });

  it("refuses bytes that are not canonical, and byte strings", () => {
    refusal("invalid_cbor", () => projectToJson(new Uint8Array([0x18, 0x01])));
    refusal("invalid_input", () => projectToJson(encodeCanonicalCbor([new Uint8Array(2)])));
  });

  it("turns negative zero of a JSON text into zero", () => {
    assert.deepEqual(decodeCanonicalCbor(readJsonProjection("[-0,-0.0]")), [0, 0]);
  });
});
