import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytesToHex } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { buildManifest, type ManifestInput } from "../../src/core/build-manifest.ts";
import { decodeCanonicalCbor, encodeCanonicalCbor } from "../../src/core/canonical-cbor.ts";
import type { CborValue } from "../../src/core/cbor-value.ts";
import { contentAddress } from "../../src/core/content-address.ts";
import { digestBlake3, digestSha256 } from "../../src/core/digest.ts";
import { isArtifactstoreError } from "../../src/core/errors.ts";
import { projectToJson, readJsonProjection } from "../../src/core/json-projection.ts";
import { ERRORS_LISTED_MAX } from "../../src/core/limits.ts";
import { encodeManifest, type Manifest, type ManifestFile } from "../../src/core/manifest.ts";
import { parseManifest } from "../../src/core/parse-manifest.ts";
import { refusal } from "../support/refusal.ts";

function fileOf(path: string, content: string): ManifestFile {
  const bytes = new TextEncoder().encode(content);
  return {
    path,
    media_type: "text/plain",
    size_bytes: bytes.length,
    content_address: contentAddress(digestBlake3(bytes)),
    sha256: bytesToHex(digestSha256(bytes)),
  };
}

const input: ManifestInput = {
  package: {
    name: "run-1",
    producer: "guide-board",
    subject: "kontextual-cmis-compat",
    external_id: "run-1",
    metadata_schema: { slug: "guide-board.run.v1", digest: `blake3:${"a".repeat(64)}` },
    metadata: { run_id: "run-1", counts: { pass: 3, ratio: 0.5 } },
  },
  files: [
    fileOf("b.txt", "same"),
    { ...fileOf("a/b.txt", "other"), annotations: { role: "raw" } },
    fileOf("a.txt", "same"),
    fileOf("empty", ""),
  ],
  retention_class: "release-evidence",
  provenance: { run_id: "run-1", source_commits: {} },
};

describe("a manifest", () => {
  it("has its files in byte order and one receipt for each distinct blob", () => {
    const manifest = buildManifest(input);
    assert.deepEqual(
      manifest.files.map(({ path }) => path),
      ["a.txt", "a/b.txt", "b.txt", "empty"],
    );
    assert.equal(manifest.storage_receipts.length, 3);
    const addresses = manifest.storage_receipts.map((receipt) => receipt.content_address);
    assert.deepEqual(addresses, addresses.toSorted());
    assert.deepEqual(Object.keys(manifest).sort(), [
      "files",
      "manifest_version",
      "package",
      "provenance",
      "retention_summary",
      "storage_receipts",
    ]);
  });

  it("is a pure function of its content: the order of files and of keys does not matter", () => {
    const { digest } = encodeManifest(buildManifest(input));
    fc.assert(
      fc.property(fc.shuffledSubarray([...input.files], { minLength: 4, maxLength: 4 }), (files) => {
        const turned = Object.fromEntries(Object.entries(input.package).reverse()) as typeof input.package;
        assert.equal(encodeManifest(buildManifest({ ...input, package: turned, files })).digest, digest);
      }),
    );
  });

  it("has a digest that another implementation of these rules would find", () => {
    const { bytes, digest } = encodeManifest(buildManifest({ ...input, files: [] }));
    const { external_id: externalId, metadata_schema: schema, ...rest } = input.package;
    const expected = {
      manifest_version: 1,
      package: { ...rest, external_id: externalId, metadata_schema: schema } as CborValue,
      files: [],
      storage_receipts: [],
      retention_summary: { retention_class: "release-evidence" },
      provenance: input.provenance,
    };
    assert.deepEqual(decodeCanonicalCbor(bytes), expected);
    assert.equal(digest, contentAddress(digestBlake3(encodeCanonicalCbor(expected))));
  });

  it("omits optional keys that are absent", () => {
    const { external_id: _1, metadata_schema: _2, ...required } = input.package;
    const manifest = buildManifest({ ...input, package: required });
    assert.deepEqual(Object.keys(manifest.package).sort(), ["metadata", "name", "producer", "subject"]);
    assert.ok(!("annotations" in (manifest.files[0] ?? {})));
    parseManifest(encodeManifest(manifest).bytes);
  });

  it("is read as it was built, and survives the way through JSON", () => {
    const manifest = buildManifest(input);
    const { bytes } = encodeManifest(manifest);
    assert.deepEqual(parseManifest(bytes), manifest);
    assert.deepEqual(readJsonProjection(projectToJson(bytes)), bytes);
  });

  it("is not built from files that contradict each other", () => {
    refusal("invalid_manifest", () =>
      buildManifest({ ...input, files: [fileOf("a", "1"), fileOf("a", "2")] }),
    );
    refusal("invalid_manifest", () =>
      buildManifest({ ...input, files: [fileOf("a", "1"), fileOf("a/b", "2")] }),
    );
    refusal("invalid_manifest", () => buildManifest({ ...input, retention_class: "No Such" }));
  });
});

/** A manifest as plain values that a test can spoil. */
type Spoilable = { [key: string]: CborValue } & {
  package: { [key: string]: CborValue };
  files: { [key: string]: CborValue }[];
  storage_receipts: { [key: string]: CborValue }[];
  retention_summary: { [key: string]: CborValue };
  provenance: { [key: string]: CborValue };
};

function violationsOf(spoil: (manifest: Spoilable) => void): string[] {
  const manifest = structuredClone(buildManifest(input)) as unknown as Spoilable;
  spoil(manifest);
  const error = refusal("invalid_manifest", () => parseManifest(encodeCanonicalCbor(manifest)));
  return error.errors.map(({ pointer }) => pointer);
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  assert.ok(item !== undefined);
  return item;
}

describe("parseManifest", () => {
  const cases: readonly (readonly [string, (manifest: Spoilable) => void, readonly string[]])[] = [
    ["another version", (m) => (m["manifest_version"] = 2), ["/manifest_version"]],
    ["no version", (m) => delete m["manifest_version"], ["/manifest_version"]],
    ["an unknown key", (m) => (m["created_at"] = "x"), ["/created_at"]],
    ["a missing key", (m) => delete (m as { [key: string]: CborValue })["provenance"], ["/provenance"]],
    ["null for an absent key", (m) => (m.package["external_id"] = null), ["/package/external_id"]],
    ["an unknown key of the package", (m) => (m.package["id"] = "x"), ["/package/id"]],
    ["a package name of the wrong type", (m) => (m.package["name"] = 1), ["/package/name"]],
    ["an empty producer", (m) => (m.package["producer"] = ""), ["/package/producer"]],
    ["metadata that is no map", (m) => (m.package["metadata"] = []), ["/package/metadata"]],
    [
      "bytes in metadata",
      (m) => (m.package["metadata"] = { "a/b": [new Uint8Array(1)] }),
      ["/package/metadata/a~1b/0"],
    ],
    [
      "a schema reference with a bad digest",
      (m) => (m.package["metadata_schema"] = { slug: "a", digest: "blake3:x" }),
      ["/package/metadata_schema/digest"],
    ],
    ["files that are no array", (m) => ((m as { [key: string]: CborValue })["files"] = {}), ["/files"]],
    ["an unknown key of a file", (m) => (at(m.files, 1)["mtime"] = 1), ["/files/1/mtime"]],
    ["a bad path", (m) => (at(m.files, 0)["path"] = "../a"), ["/files/0/path"]],
    ["files out of order", (m) => m.files.reverse(), ["/files/1/path", "/files/2/path", "/files/3/path"]],
    ["a path twice", (m) => (at(m.files, 1)["path"] = "a.txt"), ["/files/1/path"]],
    ["a file below a file", (m) => (at(m.files, 1)["path"] = "a.txt/b"), ["/files/1/path"]],
    [
      "a media type with parameters",
      (m) => (at(m.files, 0)["media_type"] = "text/plain;a=b"),
      ["/files/0/media_type"],
    ],
    ["a negative size", (m) => (at(m.files, 1)["size_bytes"] = -1), ["/files/1/size_bytes"]],
    ["a size that is no whole number", (m) => (at(m.files, 1)["size_bytes"] = 0.5), ["/files/1/size_bytes"]],
    ["a sha256 in upper case", (m) => (at(m.files, 1)["sha256"] = "A".repeat(64)), ["/files/1/sha256"]],
    [
      "another sha256 for equal bytes",
      (m) => (at(m.files, 2)["sha256"] = "a".repeat(64)),
      ["/files/2/sha256"],
    ],
    ["another size for equal bytes", (m) => (at(m.files, 2)["size_bytes"] = 5), ["/files/2/size_bytes"]],
    ["annotations that are no map", (m) => (at(m.files, 0)["annotations"] = "x"), ["/files/0/annotations"]],
    ["a missing receipt", (m) => m.storage_receipts.pop(), ["/storage_receipts"]],
    [
      "a receipt twice",
      (m) => m.storage_receipts.splice(1, 0, at(m.storage_receipts, 0)),
      ["/storage_receipts/1/content_address"],
    ],
    [
      "a receipt without a file",
      (m) => m.storage_receipts.push({ content_address: `blake3:${"f".repeat(64)}`, size_bytes: 0 }),
      ["/storage_receipts/3/content_address"],
    ],
    [
      "a receipt of another size",
      (m) => (at(m.storage_receipts, 0)["size_bytes"] = 99),
      ["/storage_receipts/0/size_bytes"],
    ],
    [
      "an unusable retention class",
      (m) => (m.retention_summary["retention_class"] = "*"),
      ["/retention_summary/retention_class"],
    ],
    [
      "a duration beside the class",
      (m) => (m.retention_summary["duration_seconds"] = 1),
      ["/retention_summary/duration_seconds"],
    ],
    [
      "several at once",
      (m) => {
        m.package["subject"] = "";
        at(m.files, 0)["media_type"] = "x";
        m.retention_summary["retention_class"] = 1;
      },
      ["/package/subject", "/files/0/media_type", "/retention_summary/retention_class"],
    ],
  ];
  for (const [what, spoil, pointers] of cases) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(violationsOf(spoil), pointers);
    });
  }

  it("refuses bytes that are no manifest at all", () => {
    refusal("invalid_manifest", () => parseManifest(new Uint8Array(0)));
    refusal("invalid_manifest", () => parseManifest(encodeCanonicalCbor([1])));
    const { bytes } = encodeManifest(buildManifest(input));
    refusal("invalid_manifest", () => parseManifest(new Uint8Array([...bytes, 0])));
    refusal("invalid_manifest", () => parseManifest(bytes.subarray(0, -1)));
  });

  it("lists a bounded number of violations and counts the rest", () => {
    const manifest = structuredClone(buildManifest(input)) as unknown as Spoilable;
    manifest.files = Array.from({ length: 500 }, () => ({}));
    const error = refusal("invalid_manifest", () => parseManifest(encodeCanonicalCbor(manifest)));
    assert.equal(error.errors.length, ERRORS_LISTED_MAX);
    assert.match(error.message, /and \d{3,} more/);
  });

  it("reads a manifest with a changed byte as another manifest, or not at all", () => {
    const { bytes, digest } = encodeManifest(buildManifest(input));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, flip) => {
        const changed = Uint8Array.from(bytes);
        changed[place] = (changed[place] ?? 0) ^ flip;
        const read = readOrRefuse(changed);
        if (read === undefined) return;
        const again = encodeManifest(read);
        assert.deepEqual(again.bytes, changed);
        assert.notEqual(again.digest, digest);
      }),
      { numRuns: 500 },
    );
  });
});

function readOrRefuse(bytes: Uint8Array): Manifest | undefined {
  try {
    return parseManifest(bytes);
  } catch (error) {
    if (isArtifactstoreError(error, "invalid_manifest")) return undefined;
    throw error;
  }
}
