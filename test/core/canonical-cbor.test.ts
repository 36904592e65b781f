import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import * as cborg from "cborg";
import fc from "fast-check";
import { decodeCanonicalCbor, encodeCanonicalCbor } from "../../src/core/canonical-cbor.ts";
import type { CborValue } from "../../src/core/cbor-value.ts";
import { isArtifactstoreError } from "../../src/core/errors.ts";
import { CBOR_DEPTH_MAX } from "../../src/core/limits.ts";
import { cborValue } from "../support/arbitrary-values.ts";
import { refusal } from "../support/refusal.ts";
import { describeVectors, readVectorJson } from "../support/vectors.ts";

interface AppendixCase {
  readonly hex: string;
  readonly roundtrip: boolean;
  readonly decoded?: CborValue;
}

/** The cases of RFC 8949 appendix A that our profile refuses, each with the rule that it breaks. */
const REFUSED: { readonly [hex: string]: string } = {
  "1bffffffffffffffff": "integer outside ±(2^53−1)",
  "3bffffffffffffffff": "integer outside ±(2^53−1)",
  c249010000000000000000: "tag",
  c349010000000000000000: "tag",
  f90000: "an integer by value written as a float",
  f98000: "negative zero",
  f93c00: "an integer by value written as a float",
  f97bff: "an integer by value written as a float",
  f9c400: "an integer by value written as a float",
  fa47c35000: "an integer by value written as a float",
  fa7f7fffff: "an integer by value, outside ±(2^53−1)",
  fb7e37e43c8800759c: "an integer by value, outside ±(2^53−1)",
  f97c00: "infinity",
  f97e00: "NaN",
  f9fc00: "infinity",
  fa7f800000: "infinity",
  fa7fc00000: "NaN",
  faff800000: "infinity",
  fb7ff0000000000000: "infinity",
  fb7ff8000000000000: "NaN",
  fbfff0000000000000: "infinity",
  f7: "undefined",
  f0: "simple value",
  f818: "simple value",
  f8ff: "simple value",
  c074323031332d30332d32315432303a30343a30305a: "tag",
  c11a514b67b0: "tag",
  c1fb41d452d9ec200000: "tag",
  d74401020304: "tag",
  d818456449455446: "tag",
  d82076687474703a2f2f7777772e6578616d706c652e636f6d: "tag",
  a201020304: "map keys that are no texts",
  "5f42010243030405ff": "indefinite length",
  "7f657374726561646d696e67ff": "indefinite length",
  "9fff": "indefinite length",
  "9f018202039f0405ffff": "indefinite length",
  "9f01820203820405ff": "indefinite length",
  "83018202039f0405ff": "indefinite length",
  "83019f0203ff820405": "indefinite length",
  "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff": "indefinite length",
  bf61610161629f0203ffff: "indefinite length",
  "826161bf61626163ff": "indefinite length",
  bf6346756ef563416d7421ff: "indefinite length",
};

describeVectors("canonical CBOR against RFC 8949 appendix A", "cbor", (root) => {
  const cases = readVectorJson<AppendixCase[]>(root, "appendix_a.json");

  it("knows all 82 cases", () => {
    assert.equal(cases.length, 82);
    assert.deepEqual(
      Object.keys(REFUSED).filter((hex) => !cases.some((known) => known.hex === hex)),
      [],
    );
  });

  for (const { hex, roundtrip, decoded } of cases) {
    const reason = REFUSED[hex];
    if (reason !== undefined) {
      it(`refuses ${hex}: ${reason}`, () => {
        refusal("invalid_cbor", () => decodeCanonicalCbor(hexToBytes(hex)));
      });
      continue;
    }
    it(`reads and writes ${hex}`, () => {
      assert.ok(roundtrip);
      const value = decodeCanonicalCbor(hexToBytes(hex));
      // Byte strings have no JSON form, so the vectors have only their notation.
      if (decoded !== undefined) assert.deepEqual(value, decoded);
      assert.equal(bytesToHex(encodeCanonicalCbor(value)), hex);
    });
  }
});

describe("canonical CBOR", () => {
  it("reads what it wrote, to the same value and the same bytes", () => {
    fc.assert(
      fc.property(cborValue, (value) => {
        const bytes = encodeCanonicalCbor(value);
        const read = decodeCanonicalCbor(bytes);
        assert.deepEqual(read, value);
        assert.deepEqual(encodeCanonicalCbor(read), bytes);
      }),
    );
  });

  it("writes the bytes that the CBOR library writes, but for subnormal halves, which that makes singles", () => {
    fc.assert(
      fc.property(cborValue, (value) => {
        fc.pre(!contains(value, isSubnormalHalf));
        assert.equal(bytesToHex(encodeCanonicalCbor(value)), bytesToHex(cborg.encode(value)));
      }),
    );
    assert.equal(bytesToHex(encodeCanonicalCbor(6.097555160522461e-5)), "f903ff");
  });

  it("is read by the CBOR library to the same value, but for texts that begin with U+FEFF, which that drops", () => {
    fc.assert(
      fc.property(cborValue, (value) => {
        fc.pre(!contains(value, (part) => typeof part === "string" && part.startsWith("\uFEFF")));
        assert.deepEqual(cborg.decode(encodeCanonicalCbor(value), { rejectDuplicateMapKeys: true }), value);
      }),
    );
  });

  it("accepts bytes only if they re-encode to themselves", () => {
    const changed = fc.tuple(cborValue, fc.nat(), fc.nat(255)).map(([value, place, byte]) => {
      const bytes = encodeCanonicalCbor(value);
      bytes[place % bytes.length] = byte;
      return bytes;
    });
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 12 })), (bytes) => {
        const value = acceptedValue(bytes);
        if (value === undefined) return;
        accepted += 1;
        assert.deepEqual(encodeCanonicalCbor(value), bytes);
      }),
      { numRuns: 1000 },
    );
    assert.ok(accepted > 0);
  });

  it("sorts keys bytewise by their encoding: shorter first, then by UTF-8", () => {
    const keys = ["\u{1F600}", "\uFFFFx", "aaaa", "é", "b", "aa", "__proto__", "10", "9"];
    const bytes = encodeCanonicalCbor(Object.fromEntries(keys.map((key) => [key, 0])));
    const sorted = ["9", "b", "10", "aa", "é", "aaaa", "\uFFFFx", "\u{1F600}", "__proto__"];
    const expected = sorted.map((key) => bytesToHex(encodeCanonicalCbor(key)) + "00").join("");
    assert.equal(bytesToHex(bytes), `a9${expected}`);
    assert.ok(Object.hasOwn(decodeCanonicalCbor(bytes) as object, "__proto__"));
  });

  it("writes a number that is an integer by value as an integer", () => {
    assert.equal(bytesToHex(encodeCanonicalCbor(1.0)), "01");
    assert.equal(bytesToHex(encodeCanonicalCbor(-4.0)), "23");
    assert.equal(bytesToHex(encodeCanonicalCbor(2 ** 53 - 1)), "1b001fffffffffffff");
    assert.equal(bytesToHex(encodeCanonicalCbor(-(2 ** 53 - 1))), "3b001ffffffffffffe");
  });

  it("keeps a leading byte order mark of a text", () => {
    const text = `\uFEFF${"a".repeat(50)}`;
    assert.equal(decodeCanonicalCbor(encodeCanonicalCbor(text)), text);
  });

  it("copies byte strings out of what it reads", () => {
    const bytes = hexToBytes("4401020304");
    const value = decodeCanonicalCbor(bytes);
    bytes.fill(0);
    assert.deepEqual(value, hexToBytes("01020304"));
  });

  it("encodes while a getter of the encoded value encodes too", () => {
    const inner = encodeCanonicalCbor("inner");
    const value = {
      a: "before",
      get b() {
        return encodeCanonicalCbor("inner");
      },
      c: "after",
    };
    assert.deepEqual(decodeCanonicalCbor(encodeCanonicalCbor(value)), { a: "before", b: inner, c: "after" });
  });

  const refusedBytes: readonly (readonly [string, string])[] = [
    ["nothing", ""],
    ["bytes after the item", "0000"],
    ["keys out of order", "a2616200616100"],
    ["longer keys first", "a262616100616200"],
    ["the same key twice", "a2616100616100"],
    ["a length of one byte that fits the head", "780161"],
    ["an integer with a byte too many", "1817"],
    ["an integer with two bytes too many", "1900ff"],
    ["an integer with four bytes too many", "1a0000ffff"],
    ["an integer with eight bytes too many", "1b00000000ffffffff"],
    ["a negative integer with a byte too many", "3817"],
    ["an array length with a byte too many", "980101"],
    ["a map length with a byte too many", "b801616100"],
    ["2^53", "1b0020000000000000"],
    ["−2^53", "3b001fffffffffffff"],
    ["a double that a single keeps", "fb3ff8000000000000"],
    ["a single that a half keeps", "fa3fc00000"],
    ["a double that a half keeps", "fb3fe0000000000000"],
    ["negative zero as a single", "fa80000000"],
    ["negative zero as a double", "fb8000000000000000"],
    ["an indefinite text in a map", "bfff"],
    ["a break alone", "ff"],
    ["a reserved head", "1c"],
    ["a text with an invalid byte", "61ff"],
    ["a text with an encoded surrogate", "63eda080"],
    ["a text with an overlong encoding", "62c080"],
    ["a text with U+0000", "6100"],
    ["a key with U+0000", "a1610000"],
    ["a text cut short", "6261"],
    ["an array cut short", "8200"],
    ["a map cut short", "a16161"],
    ["a head cut short", "19ff"],
    ["a float cut short", "fb3ff1"],
    ["an array longer than memory", "9b001fffffffffffff"],
    ["a byte string longer than memory", "5bffffffffffffffff"],
  ];
  for (const [what, hex] of refusedBytes) {
    it(`refuses to read ${what}`, () => {
      refusal("invalid_cbor", () => decodeCanonicalCbor(hexToBytes(hex)));
    });
  }

  const refusedValues: readonly (readonly [string, unknown, string])[] = [
    ["NaN", { a: [Number.NaN] }, "/a/0"],
    ["infinity", Number.POSITIVE_INFINITY, ""],
    ["negative zero", { "x/y~": -0 }, "/x~1y~0"],
    ["2^53", [2 ** 53], "/0"],
    ["1e300, an integer by value", 1e300, ""],
    ["undefined", { a: undefined }, "/a"],
    ["a hole", new Array(2), "/0"],
    ["a bigint", 1n, ""],
    ["a function", () => 1, ""],
    ["a Date", { at: new Date(0) }, "/at"],
    ["a Map", new Map(), ""],
    ["a lone surrogate", ["\uD800"], "/0"],
    ["a lone surrogate in a long text", ["a".repeat(500) + "\uDC00"], "/0"],
    ["a lone surrogate in a key", { "\uD800": 1 }, "/\uD800"],
    ["U+0000", "a\0", ""],
    ["U+0000 in a long text", `${"é".repeat(200)}\0`, ""],
  ];
  for (const [what, value, pointer] of refusedValues) {
    it(`refuses to write ${what}, and says where`, () => {
      const error = refusal("invalid_cbor", () => encodeCanonicalCbor(value as CborValue));
      assert.ok(error.message.includes(`at "${pointer}"`), error.message);
    });
  }

  it("limits nesting in both directions, cycles included", () => {
    let deepest: CborValue = [];
    for (let depth = 1; depth < CBOR_DEPTH_MAX; depth++) deepest = [deepest];
    const bytes = encodeCanonicalCbor(deepest);
    assert.deepEqual(encodeCanonicalCbor(decodeCanonicalCbor(bytes)), bytes);
    refusal("invalid_cbor", () => encodeCanonicalCbor([deepest]));
    refusal("invalid_cbor", () => decodeCanonicalCbor(new Uint8Array([0x81, ...bytes])));
    refusal("invalid_cbor", () => decodeCanonicalCbor(new Uint8Array(1_000_000).fill(0x81)));
    const cycle: { [key: string]: CborValue } = {};
    cycle["self"] = cycle;
    refusal("invalid_cbor", () => encodeCanonicalCbor(cycle));
  });

  it("starts clean after a refusal and after a large item", () => {
    refusal("invalid_cbor", () => encodeCanonicalCbor(["written before", Number.NaN]));
    assert.equal(encodeCanonicalCbor(new Uint8Array(3_000_000)).length, 3_000_005);
    assert.equal(bytesToHex(encodeCanonicalCbor("a")), "6161");
  });
});

function acceptedValue(bytes: Uint8Array): CborValue | undefined {
  try {
    return decodeCanonicalCbor(bytes);
  } catch (error) {
    if (isArtifactstoreError(error, "invalid_cbor")) return undefined;
    throw error;
  }
}

/** Whether a value or anything within it, map keys included, is as asked. */
function contains(value: CborValue, asked: (part: CborValue) => boolean): boolean {
  if (asked(value)) return true;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  return Object.entries(value).some(([key, member]) => asked(key) || contains(member, asked));
}

/** Below 2^−14, where half precision still has the value. */
function isSubnormalHalf(value: CborValue): boolean {
  return (
    typeof value === "number" && Math.abs(value) < 2 ** -14 && Math.f16round(value) === value && value !== 0
  );
}
