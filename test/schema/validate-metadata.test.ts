import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonObject, JsonValue } from "../../src/core/cbor-value.ts";
import { embeddedSchema, GUIDE_BOARD_RUN_V1 } from "../../src/schema/embedded-schemas.ts";
import {
  checkSchema,
  type MetadataSchema,
  parseSchema,
  schemaDigest,
} from "../../src/schema/metadata-schema.ts";
import { validateMetadata } from "../../src/schema/validate-metadata.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

const METADATA: JsonObject = {
  run_id: "run-1",
  target_profile_ref: "target",
  assessment_profile_ref: "assessment",
  result_status: "completed",
  source_commits: { core: "0123456789abcdef" },
  report_paths: ["reports/report.md"],
  evidence_counts: { pass: 3, by_group: { a: 1 } },
  finding_counts: {},
};

function without(key: string): JsonObject {
  return Object.fromEntries(Object.entries(METADATA).filter(([name]) => name !== key));
}

async function pointers(schema: MetadataSchema, metadata: JsonObject): Promise<readonly string[]> {
  const error = await rejectsWithCode("invalid_metadata", validateMetadata(schema, metadata));
  return error.errors.map((field) => field.pointer);
}

describe("the embedded schema guide-board.run.v1", () => {
  it("has the digest that is written down, and is a usable schema", async () => {
    assert.equal(schemaDigest(GUIDE_BOARD_RUN_V1.json_schema), GUIDE_BOARD_RUN_V1.digest);
    const checked = await checkSchema(GUIDE_BOARD_RUN_V1.slug, GUIDE_BOARD_RUN_V1.json_schema);
    assert.equal(checked.digest, GUIDE_BOARD_RUN_V1.digest);
    assert.equal(embeddedSchema("guide-board.run.v1"), GUIDE_BOARD_RUN_V1);
    assert.equal(embeddedSchema("guide-board.run.v2"), undefined);
  });

  it("accepts what it asks for, and keys it does not know", async () => {
    await validateMetadata(GUIDE_BOARD_RUN_V1, METADATA);
    await validateMetadata(GUIDE_BOARD_RUN_V1, {
      ...METADATA,
      retention_policy: { summary_days: 365 },
      more: null,
    });
  });

  it("misses each required key", async () => {
    assert.equal(Object.keys(METADATA).length, 8);
    for (const key of Object.keys(METADATA)) {
      assert.deepEqual(await pointers(GUIDE_BOARD_RUN_V1, without(key)), [`/${key}`]);
    }
  });

  it("names every violation at once, by JSON Pointer", async () => {
    const metadata = {
      ...without("run_id"),
      result_status: "",
      source_commits: { "a/b": 1 },
      report_paths: "reports",
      finding_counts: { high: -1 },
    };
    assert.deepEqual((await pointers(GUIDE_BOARD_RUN_V1, metadata)).toSorted(), [
      "/finding_counts/high",
      "/report_paths",
      "/result_status",
      "/run_id",
      "/source_commits/a~1b",
    ]);
  });
});

describe("validateMetadata", () => {
  it("counts only a value's own members", async () => {
    const schema = await checkSchema("own", { type: "object", required: ["constructor", "toString"] });
    assert.deepEqual(await pointers(schema, {}), ["/constructor", "/toString"]);
  });

  it("asserts formats", async () => {
    const schema = await checkSchema("formats", { properties: { at: { format: "date-time" } } });
    await validateMetadata(schema, { at: "2026-05-08T16:43:34Z" });
    assert.deepEqual(await pointers(schema, { at: "yesterday" }), ["/at"]);
  });

  it("points at a member that is one too many", async () => {
    const schema = await checkSchema("closed", { properties: { a: {} }, additionalProperties: false });
    assert.deepEqual(await pointers(schema, { a: 1, "b~": 2 }), ["/b~0"]);
  });

  it("resolves references within the schema and to the meta-schemas", async () => {
    const schema = await checkSchema("refs", {
      $id: "artifactstore:schemas:refs",
      $defs: { text: { $anchor: "text", type: "string" } },
      properties: { a: { $ref: "#text" }, s: { $ref: "https://json-schema.org/draft/2020-12/schema" } },
    });
    await validateMetadata(schema, { a: "x", s: { type: "object" } });
    assert.deepEqual(await pointers(schema, { a: 1 }), ["/a"]);
  });
});

describe("parseSchema", () => {
  function parse(schema: JsonValue | string): Promise<MetadataSchema> {
    const text = typeof schema === "string" ? schema : JSON.stringify(schema);
    return parseSchema("test", new TextEncoder().encode(text), "schema.json");
  }

  it("gives the same digest to every spelling of one schema", async () => {
    const one = await parse('{"type":"object","minProperties":1}');
    const other = await parse('{ "minProperties": 1.0, "type": "obj\\u0065ct" }');
    assert.equal(one.digest, other.digest);
  });

  it("refuses what is no strict JSON", async () => {
    await rejectsWithCode("invalid_json", parse('{"type":"object","type":"object"}'));
    await rejectsWithCode("invalid_json", parse("{"));
  });

  it("refuses what is no object, too large or too deep", async () => {
    for (const schema of [true, null, [], "text", 1])
      await rejectsWithCode("invalid_schema", parse(JSON.stringify(schema)));
    await rejectsWithCode("invalid_schema", parse({ description: "x".repeat(300 * 1024) }));
    let deep: JsonValue = {};
    for (let level = 0; level < 80; level++) deep = { not: deep };
    await rejectsWithCode("invalid_schema", parse(deep));
  });

  it("refuses what draft 2020-12 does not allow, and other drafts", async () => {
    await rejectsWithCode("invalid_schema", parse({ type: "strong" }));
    await rejectsWithCode("invalid_schema", parse({ minLength: -1 }));
    await rejectsWithCode("invalid_schema", parse({ pattern: "(" }));
    await rejectsWithCode("invalid_schema", parse({ $schema: "http://json-schema.org/draft-07/schema#" }));
  });

  it("refuses what it would judge wrongly: dynamic references", async () => {
    await rejectsWithCode(
      "invalid_schema",
      parse({ $dynamicAnchor: "node", properties: { a: { $dynamicRef: "#node" } } }),
    );
  });

  it("never fetches a reference", async () => {
    const fetchBefore = globalThis.fetch;
    let fetched = false;
    globalThis.fetch = Object.assign(
      () => {
        fetched = true;
        return Promise.reject(new Error("no network in tests"));
      },
      { preconnect: () => undefined },
    );
    try {
      for (const reference of [
        "https://example.org/schema.json",
        "file:///etc/passwd",
        "other.json",
        "#/absent",
      ]) {
        await rejectsWithCode("invalid_schema", parse({ $ref: reference }));
      }
    } finally {
      globalThis.fetch = fetchBefore;
    }
    assert.equal(fetched, false);
  });
});

describe("a schema that refers to itself without end", () => {
  it("fails by code, when it is compiled or when it is used", async () => {
    await rejectsWithCode("invalid_schema", async () => {
      const schema = await checkSchema("endless", {
        $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } },
        $ref: "#/$defs/a",
      });
      await validateMetadata(schema, {});
    });
  });
});
