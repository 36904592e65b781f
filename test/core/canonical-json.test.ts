import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { printCanonicalJson } from "../../src/core/canonical-json.ts";
import { refusal } from "../support/refusal.ts";
import { describeVectors } from "../support/vectors.ts";

describeVectors("canonical JSON against the vectors of RFC 8785", "jcs", (root) => {
  const names = readdirSync(join(root, "input"));

  it("knows all six cases", () => {
    assert.equal(names.length, 6);
  });

  for (const name of names) {
    it(name, () => {
      const printed = printCanonicalJson(JSON.parse(readFileSync(join(root, "input", name), "utf8")));
      assert.equal(printed, readFileSync(join(root, "output", name), "utf8"));
      const hex = readFileSync(join(root, "outhex", name.replace(/json$/, "txt")), "utf8");
      assert.equal(Buffer.from(printed).toString("hex"), hex.replaceAll(/\s/g, ""));
    });
  }
});

describe("printCanonicalJson", () => {
  // RFC 8785 appendix B: IEEE 754 bits and the text that stands for them.
  const numbers: readonly (readonly [string, string])[] = [
    ["0000000000000000", "0"],
    ["8000000000000000", "0"],
    ["0000000000000001", "5e-324"],
    ["8000000000000001", "-5e-324"],
    ["7fefffffffffffff", "1.7976931348623157e+308"],
    ["ffefffffffffffff", "-1.7976931348623157e+308"],
    ["4340000000000000", "9007199254740992"],
    ["c340000000000000", "-9007199254740992"],
    ["4430000000000000", "295147905179352830000"],
    ["44b52d02c7e14af5", "9.999999999999997e+22"],
    ["44b52d02c7e14af6", "1e+23"],
    ["44b52d02c7e14af7", "1.0000000000000001e+23"],
    ["444b1ae4d6e2ef4e", "999999999999999700000"],
    ["444b1ae4d6e2ef4f", "999999999999999900000"],
    ["444b1ae4d6e2ef50", "1e+21"],
    ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
    ["3eb0c6f7a0b5ed8d", "0.000001"],
    ["41b3de4355555553", "333333333.3333332"],
    ["41b3de4355555554", "333333333.33333325"],
    ["41b3de4355555555", "333333333.3333333"],
    ["41b3de4355555556", "333333333.3333334"],
    ["41b3de4355555557", "333333333.33333343"],
    ["becbf647612f3696", "-0.0000033333333333333333"],
    ["43143ff3c1cb0959", "1424953923781206.2"],
  ];
  for (const [bits, text] of numbers) {
    it(`prints the number ${bits} as ${text}`, () => {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigUint64(0, BigInt(`0x${bits}`));
      assert.equal(printCanonicalJson(view.getFloat64(0)), text);
    });
  }

  it("sorts by UTF-16 code units, which is not the order of UTF-8", () => {
    assert.equal(
      printCanonicalJson({ "\uFFFF": 1, "\u{1F600}": 2, "10": 3, "9": 4 }),
      '{"10":3,"9":4,"\u{1F600}":2,"\uFFFF":1}',
    );
  });

  const refused: readonly (readonly [string, unknown, string])[] = [
    ["NaN", [Number.NaN], "/0"],
    ["infinity", { a: Number.NEGATIVE_INFINITY }, "/a"],
    ["a lone surrogate", { a: { b: "\uDC00" } }, "/a/b"],
    ["a lone surrogate in a key", { "\uD800": 1 }, "/\uD800"],
    ["bytes", { a: new Uint8Array(1) }, "/a"],
    ["undefined", { a: undefined }, "/a"],
    ["a Date", new Date(0), ""],
  ];
  for (const [what, value, pointer] of refused) {
    it(`refuses ${what}, and says where`, () => {
      const error = refusal("invalid_input", () => printCanonicalJson(value));
      assert.ok(error.message.includes(`at "${pointer}"`), error.message);
    });
  }
});
