import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { JSON_DEPTH_MAX } from "../../src/core/limits.ts";
import { parseStrictJson } from "../../src/core/strict-json.ts";
import { jsonValue } from "../support/arbitrary-values.ts";
import { refusal } from "../support/refusal.ts";

const utf8 = new TextEncoder();

describe("parseStrictJson", () => {
  it("reads what JSON.stringify writes, as text and as bytes, compact and indented", () => {
    fc.assert(
      fc.property(jsonValue, fc.constantFrom(0, 2, "\t"), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        assert.deepEqual(parseStrictJson(text, "it"), value);
        assert.deepEqual(parseStrictJson(utf8.encode(text), "it"), value);
      }),
    );
  });

  it("agrees with JSON.parse on any text: the same value, or a refusal wherever that one fails", () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\ \n\t0123456789.-+eEtruefalsnu/bx',
      "true",
      "null",
      '"a"',
      "\u00e9",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        const [ours, theirs] = [parsed(() => parseStrictJson(text, "it")), parsed(() => JSON.parse(text))];
        if (!theirs.ok) assert.equal(ours.ok, false, text);
        else if (ours.ok) assert.deepEqual(ours.value, withoutNegativeZero(theirs.value), text);
      }),
      { numRuns: 3000 },
    );
  });

  const accepted: readonly (readonly [string, unknown])[] = [
    ["-0", 0],
    ["-0.0e5", 0],
    ["[-0, 1.0, 1e2, 0.5e1]", [0, 1, 100, 5]],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["-9007199254740991", Number.MIN_SAFE_INTEGER],
    ["1e-400", 0],
    ['"\\ud83d\\ude00\\u00e9\\/\\b\\f\\n\\r\\t\\"\\\\"', '\u{1F600}é/\b\f\n\r\t"\\'],
    ['"\u007f\u2028\uFEFF"', "\u007f\u2028\uFEFF"],
    [" \t\r\n[ ] \n", []],
    ['{"a":{"a":1},"b":[{"a":1}]}', { a: { a: 1 }, b: [{ a: 1 }] }],
  ];
  for (const [text, value] of accepted) {
    it(`reads ${JSON.stringify(text)}`, () => {
      const read = parseStrictJson(text, "it");
      assert.deepEqual(read, value);
      assert.ok(!Object.is(read, -0));
    });
  }

  it("keeps __proto__ as a member like any other", () => {
    const value = parseStrictJson('{"__proto__": {"polluted": 1}}', "it") as object;
    assert.deepEqual(Object.keys(value), ["__proto__"]);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    refusal("invalid_json", () => parseStrictJson('{"__proto__": 1, "__proto__": 2}', "it"));
  });

  const refused: readonly (readonly [string, string])[] = [
    ["nothing", ""],
    ["white space alone", " \n"],
    ["a key twice", '{"a":1,"b":2,"a":3}'],
    ["a key twice, once escaped", '{"a":1,"\\u0061":1}'],
    ["a lone high surrogate", '"\\ud800"'],
    ["a lone low surrogate", '"\\udc00x"'],
    ["a lone surrogate in a key", '{"\\ud800":1}'],
    ["a lone surrogate as it is", '"\ud800"'],
    ["U+0000 in a string", '["a\\u0000"]'],
    ["U+0000 in a key", '{"\\u0000":1}'],
    ["U+0000 as it is", '"\0"'],
    ["2^53", "9007199254740992"],
    ["2^53 + 1", "9007199254740993"],
    ["−2^53", "-9007199254740992"],
    ["a large integer as a power", "1e20"],
    ["a large integer with a fraction of zeros", "100000000000000000000.000"],
    ["what overflows", "1e400"],
    ["what overflows, negative", "[-1e400]"],
    ["what rounds to 2^53", "9007199254740991.9"],
    ["a byte order mark", "\uFEFF{}"],
    ["text after the document", "{} {}"],
    ["a comma too many", "[1,]"],
    ["a member without a value", '{"a":}'],
    ["a member without a colon", '{"a" 1}'],
    ["a key without quotes", "{a:1}"],
    ["single quotes", "['a']"],
    ["a leading zero", "01"],
    ["a leading plus", "+1"],
    ["a number without digits", "-"],
    ["a fraction without digits", "1."],
    ["an exponent without digits", "1e"],
    ["NaN", "NaN"],
    ["a comment", "[1 /* one */]"],
    ["a line break in a string", '"a\nb"'],
    ["a string without end", '"abc'],
    ["an unknown escape", '"\\x41"'],
    ["a short escape", '"\\u12"'],
    ["an object without end", '{"a":1'],
    ["an array without end", "[1"],
    ["white space that JSON does not know", "[\u00a01]"],
  ];
  for (const [what, text] of refused) {
    it(`refuses ${what}`, () => {
      refusal("invalid_json", () => parseStrictJson(text, "it"));
    });
  }

  it("refuses invalid UTF-8", () => {
    refusal("invalid_json", () => parseStrictJson(new Uint8Array([0x22, 0xff, 0x22]), "it"));
    refusal("invalid_json", () => parseStrictJson(new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), "it"));
  });

  it("limits nesting without exhausting the stack", () => {
    const deepest = "[".repeat(JSON_DEPTH_MAX) + "]".repeat(JSON_DEPTH_MAX);
    assert.equal(JSON.stringify(parseStrictJson(deepest, "it")), deepest);
    refusal("invalid_json", () => parseStrictJson(`[${deepest}]`, "it"));
    refusal("invalid_json", () => parseStrictJson("[".repeat(1_000_000), "it"));
    assert.deepEqual(parseStrictJson("[[]]", "it", { depthMax: 2 }), [[]]);
    refusal("invalid_json", () => parseStrictJson("[[]]", "it", { depthMax: 1 }));
  });

  it("names the document, the line and the column", () => {
    const error = refusal("invalid_json", () => parseStrictJson('{\n  "a": 1,\n  "a": 2\n}', '"run.json"'));
    assert.match(error.message, /"run\.json".*line 3, column 3/);
  });
});

type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false };

function parsed(parse: () => unknown): Outcome {
  try {
    return { ok: true, value: parse() };
  } catch {
    return { ok: false };
  }
}

function withoutNegativeZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
