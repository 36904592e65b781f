import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatTimestamp, isTimestamp, parseTimestamp } from "../../src/core/timestamp.ts";
import { refusal } from "../support/refusal.ts";

describe("timestamps", () => {
  it("lead from milliseconds to text and back", () => {
    const inRange = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });
    fc.assert(
      fc.property(inRange, (epochMs) => {
        const text = formatTimestamp(epochMs);
        assert.equal(text.length, 24);
        assert.equal(parseTimestamp(text), epochMs);
      }),
    );
    assert.equal(formatTimestamp(0), "1970-01-01T00:00:00.000Z");
    assert.equal(formatTimestamp(-62_167_219_200_000), "0000-01-01T00:00:00.000Z");
    assert.equal(parseTimestamp("9999-12-31T23:59:59.999Z"), 253_402_300_799_999);
  });

  it("sort as text in the order of time", () => {
    const inRange = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });
    fc.assert(
      fc.property(inRange, inRange, (a, b) => {
        assert.equal(formatTimestamp(a) < formatTimestamp(b), a < b);
      }),
    );
  });

  const refused = [
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.0Z",
    "2026-01-01T00:00:00.000000Z",
    "2026-01-01T00:00:00.000+00:00",
    "2026-01-01t00:00:00.000z",
    "2026-01-01 00:00:00.000Z",
    "2026-02-29T00:00:00.000Z",
    "2026-02-30T00:00:00.000Z",
    "2026-13-01T00:00:00.000Z",
    "2026-01-01T24:00:00.000Z",
    "2026-06-30T23:59:60.000Z",
    "+002026-01-01T00:00:00.000Z",
    " 2026-01-01T00:00:00.000Z",
    "2026-01-01T00:00:00.000Z\n",
    "٢٠٢٦-01-01T00:00:00.000Z",
  ];
  for (const text of refused) {
    it(`refuse ${JSON.stringify(text)}`, () => {
      assert.ok(!isTimestamp(text));
      refusal("invalid_input", () => parseTimestamp(text));
    });
  }

  it("refuse times out of range and fractions of a millisecond", () => {
    for (const epochMs of [
      253_402_300_800_000,
      -62_167_219_200_001,
      0.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]) {
      refusal("invalid_input", () => formatTimestamp(epochMs));
    }
  });
});
