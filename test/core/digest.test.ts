import assert from "node:assert/strict";
import { it } from "node:test";
import { bytesToHex } from "@noble/hashes/utils.js";
import { digestBlake3, portableBlake3 } from "../../src/core/digest.ts";
import { describeVectors, readVectorJson } from "../support/vectors.ts";

interface Blake3Vectors {
  readonly cases: readonly { readonly input_len: number; readonly hash: string }[];
}

describeVectors("portable BLAKE3 against the vectors of its authors", "blake3", (root) => {
  const { cases } = readVectorJson<Blake3Vectors>(root, "test_vectors.json");

  it("knows all 35 lengths", () => {
    assert.equal(cases.length, 35);
  });

  for (const { input_len: length, hash } of cases) {
    it(`${length} bytes, at once and in pieces`, () => {
      const input = Uint8Array.from({ length }, (_, i) => i % 251);
      // The vectors hold extended output, of which the digest is the beginning.
      const expected = hash.slice(0, 64);
      assert.equal(bytesToHex(digestBlake3(input)), expected);
      const hasher = portableBlake3.create();
      for (let at = 0; at < length; at += 1000) hasher.update(input.subarray(at, at + 1000));
      assert.equal(bytesToHex(hasher.digest()), expected);
    });
  }
});
