import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonValue } from "../../../src/core/cbor-value.ts";
import { checkDeclared } from "../../../src/pilots/guide-board/check-declared.ts";
import { declaredFiles } from "../../../src/pilots/guide-board/declared-files.ts";
import { rejectsWithCode } from "../../support/rejects-with-code.ts";

const HEX = "ab".repeat(32);

function declared(manifest: JsonValue): {
  readonly files: Record<string, unknown>;
  readonly warnings: readonly string[];
} {
  const warnings: string[] = [];
  const files = declaredFiles({ artifact_manifest: manifest }, "/srv/run", warnings);
  return { files: Object.fromEntries(files), warnings };
}

describe("declaredFiles", () => {
  it("reads every spelling of path, digest and size", () => {
    const expected = { a: { sha256: HEX, sizeBytes: 3 } };
    const spellings: JsonValue[] = [
      [{ path: "a", sha256: HEX, size: 3 }],
      [{ ref: "./a", sha256: `sha256:${HEX.toUpperCase()}`, size_bytes: 3 }],
      [{ artifact_ref: "/srv/run/a", checksum: `SHA-256:${HEX}`, bytes: 3 }],
      { count: 1, artifacts: [{ path: "a", digest: HEX, size: 3 }] },
      { a: { digest: { algorithm: "sha256", value: HEX }, size: 3 } },
      [
        { path: "a", size: 3 },
        { path: "a", sha256: HEX, media_type: null },
      ],
    ];
    for (const spelling of spellings)
      assert.deepEqual(declared(spelling).files, expected, JSON.stringify(spelling));
  });

  it("reads BLAKE3, media types, bare paths and digests by path", () => {
    assert.deepEqual(
      declared([{ path: "a", digest: `blake3:${HEX}`, media_type: "Text/HTML; charset=utf-8" }]).files,
      {
        a: { blake3: HEX, mediaType: "text/html" },
      },
    );
    assert.deepEqual(declared(["a", { path: "b", media_type: "no type", checksum: "" }]).files, {
      a: {},
      b: {},
    });
    assert.deepEqual(declared({ "raw/a": HEX, generated_by: "guide-board" }).files, {
      "raw/a": { sha256: HEX },
    });
  });

  it("warns of what it cannot compare, and of entries without a path", () => {
    const { files, warnings } = declared([{ path: "a", checksum: "md5:abc" }, { size: 3 }, 7]);
    assert.deepEqual(files, { a: {} });
    assert.equal(warnings.length, 3);
  });

  it("finds nothing in a package that declares nothing", () => {
    for (const manifest of [null, "text", 7, [], {}]) assert.deepEqual(declared(manifest).files, {});
  });
});

describe("checkDeclared", () => {
  const found = { sizeBytes: 3, sha256: HEX, blake3: "cd".repeat(32) };

  it("accepts what was declared, and whatever was not", () => {
    checkDeclared({ path: "a" }, found);
    checkDeclared({ path: "a", declared: {} }, found);
    checkDeclared({ path: "a", declared: { ...found, mediaType: "text/plain" } }, found);
  });

  it("refuses another size, SHA-256 or BLAKE3, naming the file", async () => {
    for (const other of [{ sizeBytes: 4 }, { sha256: "0".repeat(64) }, { blake3: "0".repeat(64) }]) {
      const error = await rejectsWithCode("digest_mismatch", () =>
        checkDeclared({ path: "raw/a", declared: { ...found, ...other } }, found),
      );
      assert.deepEqual(
        error.errors.map((field) => field.pointer),
        ["raw/a"],
      );
    }
  });
});
