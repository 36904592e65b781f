import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildManifest, type ManifestInput } from "../../src/core/build-manifest.ts";
import { portableBlake3 } from "../../src/core/digest.ts";
import { encodeManifest, type ManifestFile } from "../../src/core/manifest.ts";
import { ManifestDigester } from "../../src/core/manifest-digester.ts";
import { refusal } from "../support/refusal.ts";

function fileOf(index: number): ManifestFile {
  const digit = (index % 7).toString();
  return {
    path: `f/${String(index).padStart(6, "0")}`,
    media_type: "text/plain",
    size_bytes: index % 7,
    content_address: `blake3:${digit.repeat(64)}`,
    sha256: digit.repeat(64),
    ...(index % 3 === 0 ? { annotations: { note: index } } : {}),
  };
}

function inputOf(count: number): ManifestInput {
  return {
    package: { name: "n", producer: "p", subject: "s", external_id: "x", metadata: { a: [1, 2.5, null] } },
    files: Array.from({ length: count }, (_, index) => fileOf(index)),
    retention_class: "raw-evidence",
    provenance: { from: "there" },
  };
}

describe("ManifestDigester", () => {
  for (const count of [0, 1, 23, 24, 255, 256, 1000, 65_536]) {
    it(`has the bytes and the digest of the encoded manifest, with ${count} files in pieces`, () => {
      const input = inputOf(count);
      const files = [...input.files];
      const kept = new ManifestDigester(portableBlake3, count, true);
      const digestOnly = new ManifestDigester(portableBlake3, count, false);
      for (let at = 0; at < count; at += 300) {
        kept.add(files.slice(at, at + 300));
        digestOnly.add(files.slice(at, at + 300));
      }
      const expected = encodeManifest(buildManifest(input));
      const { bytes, digest } = kept.finish(input);
      assert.equal(digest, expected.digest);
      assert.equal(Buffer.compare(bytes, expected.bytes), 0);
      assert.equal(digestOnly.finish(input).digest, expected.digest);
    });
  }

  it("refuses files out of order, and equal addresses of different sizes", () => {
    const fresh = () => new ManifestDigester(portableBlake3, 3, true);
    refusal("internal", () => fresh().add([fileOf(1), fileOf(1)]));
    const digester = fresh();
    digester.add([fileOf(1)]);
    refusal("internal", () => digester.add([fileOf(1)]));
    const sameBlob = { ...fileOf(8), size_bytes: 99 };
    refusal("invalid_manifest", () => digester.add([sameBlob]));
    refusal("internal", () => digester.finish(inputOf(3)));
  });
});
