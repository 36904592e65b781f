import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../src/core/cbor-value.ts";
import { compileSchema } from "../../src/schema/compile-schema.ts";
import { GUIDE_BOARD_RUN_V1 } from "../../src/schema/embedded-schemas.ts";
import { satisfiesSimply } from "../../src/schema/satisfies-simply.ts";

const key = fc.constantFrom("a", "b", "run_id", "toString", "__proto__", "é");

const json: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.integer({ min: -3, max: 3 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: "grapheme", maxLength: 3 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

const typeName = fc.constantFrom("null", "boolean", "object", "array", "number", "string", "integer");

/** Schemas of the known keywords, now and then with another one. */
const schema: fc.Arbitrary<JsonValue> = fc.letrec<{ schema: JsonValue }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small" },
    fc.boolean(),
    fc.record(
      {
        type: fc.oneof(typeName, fc.uniqueArray(typeName, { minLength: 1, maxLength: 3 })),
        required: fc.uniqueArray(key, { maxLength: 2 }),
        properties: fc.dictionary(key, tie("schema"), { maxKeys: 3, noNullPrototype: true }),
        additionalProperties: tie("schema"),
        minLength: fc.integer({ min: 0, max: 3 }),
        minimum: fc.integer({ min: -2, max: 2 }),
        maximum: fc.integer({ min: -2, max: 2 }),
        title: fc.string(),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<JsonValue>,
  ),
})).schema;

describe("satisfiesSimply", () => {
  it("never accepts what ajv refuses", () => {
    let accepted = 0;
    fc.assert(
      fc.property(schema, fc.array(json, { minLength: 1, maxLength: 20 }), (candidate, values) => {
        const wrapped: JsonObject = { allOf: [candidate] };
        const ajv = compileSchema("test", wrapped);
        for (const value of values) {
          if (!satisfiesSimply(candidate, value)) continue;
          accepted += 1;
          assert.deepEqual(ajv(value), [], `${JSON.stringify(candidate)} and ${JSON.stringify(value)}`);
        }
      }),
      { numRuns: 60 },
    );
    assert.ok(accepted > 0, "the property was never put to the test");
  });

  it("knows every keyword of the embedded schema, so that a right run needs no ajv", () => {
    const metadata = {
      run_id: "r",
      target_profile_ref: "t",
      assessment_profile_ref: "a",
      result_status: "completed",
      source_commits: {},
      report_paths: {},
      evidence_counts: { pass: 1 },
      finding_counts: {},
    };
    assert.equal(satisfiesSimply(GUIDE_BOARD_RUN_V1.json_schema, metadata), true);
    assert.equal(satisfiesSimply(GUIDE_BOARD_RUN_V1.json_schema, { ...metadata, run_id: "" }), false);
  });

  it("leaves to ajv what it does not know", () => {
    assert.equal(satisfiesSimply({ maxLength: 3 }, "ab"), false);
    assert.equal(satisfiesSimply({ constructor: 1 }, "ab"), false);
  });
});
