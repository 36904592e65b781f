import fc from "fast-check";
import type { CborValue, JsonValue } from "../../src/core/cbor-value.ts";

/** Texts of our profile: any Unicode but U+0000, often with marks, surrogate pairs and names that objects treat apart. */
export const profileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "grapheme-ascii", maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replaceAll("\0", "")),
  fc.string({ unit: "binary", minLength: 90, maxLength: 120 }).map((text) => text.replaceAll("\0", "")),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "\uFEFFa",
    "10",
    "9",
    "é",
    "e\u0301",
    "\u{1F600}",
    "\uFFFF",
  ),
);

/** Numbers of our profile: integers within ±(2^53−1), and floats that are no integers. */
export const profileNumber: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.maxSafeInteger(),
  fc.constantFrom(23, 24, 255, 256, 65535, 65536, 4294967295, 4294967296, 2 ** 53 - 1, -(2 ** 53 - 1)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
  fc.float({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
  fc.constantFrom(0.5, -1.5, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 2 ** -25, 2 ** -149, 2 ** -1074, 1.1),
);

/** Values of our profile, with byte strings. */
export const cborValue: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    profileText,
    profileNumber,
    fc.constantFrom(null, true, false),
    fc.uint8Array({ maxLength: 120 }),
    fc.array(tie("value"), { maxLength: 12 }),
    objectOf(tie("value")),
  ),
})).value;

/** Values of our profile that JSON has too. */
export const jsonValue: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    profileText,
    profileNumber,
    fc.constantFrom(null, true, false),
    fc.array(tie("value"), { maxLength: 12 }),
    objectOf(tie("value")),
  ),
})).value;

function objectOf<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<{ [key: string]: Value }> {
  return fc
    .uniqueArray(fc.tuple(profileText, value), { selector: ([key]) => key, maxLength: 12 })
    .map((entries) => Object.fromEntries(entries));
}
