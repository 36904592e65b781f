import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Blake3Engine } from "../../src/core/digest.ts";
import { chooseBlake3 } from "../../src/dataplane/hash-engine.ts";
import { SeededRandom } from "../support/random-bytes.ts";
import { describeVectors, readVectorJson } from "../support/vectors.ts";

interface Blake3Vectors {
  readonly cases: readonly { readonly input_len: number; readonly hash: string }[];
}

function inPieces(engine: Blake3Engine, input: Uint8Array, pieceBytes: number): string {
  const hasher = engine.create();
  for (let at = 0; at < input.length; at += pieceBytes) hasher.update(input.subarray(at, at + pieceBytes));
  return bytesToHex(hasher.digest());
}

describeVectors("the native BLAKE3 against the vectors of its authors", "blake3", (root) => {
  const { cases } = readVectorJson<Blake3Vectors>(root, "test_vectors.json");

  for (const { input_len: length, hash } of cases) {
    it(`${length} bytes, at once and in pieces`, async () => {
      const engine = await chooseBlake3("native");
      const input = Uint8Array.from({ length }, (_, i) => i % 251);
      assert.equal(bytesToHex(engine.hash(input)), hash.slice(0, 64));
      assert.equal(inPieces(engine, input, 1000), hash.slice(0, 64));
    });
  }
});

describe("chooseBlake3", () => {
  it("takes the native engine where it loads", async () => {
    assert.match((await chooseBlake3()).name, /^native/);
    assert.equal((await chooseBlake3("portable")).name, "portable");
  });

  it("answers the same digests by either engine, for lengths around every boundary", async () => {
    const native = await chooseBlake3("native");
    const portable = await chooseBlake3("portable");
    const random = new SeededRandom(7);
    for (const length of [0, 1, 63, 64, 65, 1023, 1024, 1025, 4096, 65_537, 300_001]) {
      const input = new Uint8Array(length);
      random.fill(input);
      assert.equal(bytesToHex(native.hash(input)), bytesToHex(portable.hash(input)), `${length} bytes`);
      assert.equal(inPieces(native, input, 777), inPieces(portable, input, 777), `${length} bytes in pieces`);
    }
  });
});
