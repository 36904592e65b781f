import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { utf8Length } from "../../src/core/utf8-length.ts";
import { compareUtf8 } from "../../src/core/utf8-order.ts";

const utf8 = new TextEncoder();
const wellFormed = fc.string({ unit: "binary", maxLength: 8 });

describe("UTF-8 without encoding", () => {
  it("compares as the bytes do", () => {
    const edge = fc.constantFrom("\uD7FF", "\uE000", "\uFFFF", "\u{10000}", "\u{10FFFF}", "a", "");
    const text = fc.array(fc.oneof(edge, wellFormed), { maxLength: 3 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, text, (a, b) => {
        assert.equal(Math.sign(compareUtf8(a, b)), Buffer.compare(utf8.encode(a), utf8.encode(b)));
      }),
      { numRuns: 500 },
    );
  });

  it("counts as the encoder does", () => {
    fc.assert(
      fc.property(
        fc.oneof(wellFormed, fc.constantFrom("\ud800", "\udc00a", "\ud800\ud800\udc00")),
        (text) => {
          assert.equal(utf8Length(text), utf8.encode(text).length);
        },
      ),
    );
  });
});
