import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { digestSha256 } from "../../src/core/digest.ts";
import { emptyMerkleRoot, merkleLeafHash } from "../../src/core/merkle.ts";
import {
  proveConsistency,
  proveInclusion,
  proveSubtreeConsistency,
  rangeHashOf,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from "../../src/core/merkle-proof.ts";
import { refusal } from "../support/refusal.ts";
import { describeVectors, readVectorJson, vectorFiles } from "../support/vectors.ts";

interface Vector {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly start: number;
  readonly end: number;
  readonly size: number;
  readonly size1: number;
  readonly size2: number;
  readonly root: string;
  readonly root1: string;
  readonly root2: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

/** The vectors come from a language whose decoder makes "no bytes" of an absent or empty text. */
function bytes(base64: string | undefined): Uint8Array {
  return new Uint8Array(Buffer.from(base64 ?? "", "base64"));
}

const VERIFIERS: { readonly [folder: string]: (vector: Vector, proof: Uint8Array[]) => boolean } = {
  inclusion: (v, proof) => verifyInclusion(v.leafIdx, v.treeSize, bytes(v.leafHash), proof, bytes(v.root)),
  consistency: (v, proof) => verifyConsistency(v.size1, v.size2, bytes(v.root1), proof, bytes(v.root2)),
  subtreeinclusion: (v, proof) =>
    verifySubtreeInclusion(v.leafIdx, v, bytes(v.leafHash), proof, bytes(v.root)),
  subtreeconsistency: (v, proof) =>
    verifySubtreeConsistency(v, v.size, bytes(v.root1), proof, bytes(v.root2)),
};

describeVectors("Merkle proofs against the vectors of transparency-dev", "merkle", (root) => {
  let count = 0;
  for (const [folder, verify] of Object.entries(VERIFIERS)) {
    const files = vectorFiles(join(root, folder));
    count += files.length;
    it(`${folder}: ${files.length} cases`, () => {
      for (const file of files) {
        const vector = readVectorJson<Vector>(root, folder, file);
        assert.equal(verify(vector, (vector.proof ?? []).map(bytes)), !vector.wantErr, file);
      }
    });
  }
  it("are all there", () => {
    assert.equal(count, 518);
  });
});

describe("Merkle proofs", () => {
  const leaves = Array.from({ length: 19 }, (_, i) => merkleLeafHash(new Uint8Array([i])));
  const hashOf = rangeHashOf(leaves);

  it("of inclusion verify for every leaf of every tree, and for no other leaf", () => {
    for (let size = 1; size <= leaves.length; size++) {
      const root = hashOf(0, size);
      for (let index = 0; index < size; index++) {
        const proof = proveInclusion(index, size, hashOf);
        const leaf = hashOf(index, index + 1);
        assert.ok(verifyInclusion(index, size, leaf, proof, root));
        assert.ok(!verifyInclusion(index, size, digestSha256(leaf), proof, root));
        if (size > 1) assert.ok(!verifyInclusion((index + 1) % size, size, leaf, proof, root));
      }
    }
  });

  it("of consistency verify for every pair of sizes, and for no other root", () => {
    for (let size = 1; size <= leaves.length; size++) {
      for (let old = 1; old <= size; old++) {
        const proof = proveConsistency(old, size, hashOf);
        assert.ok(verifyConsistency(old, size, hashOf(0, old), proof, hashOf(0, size)));
        assert.ok(!verifyConsistency(old, size, digestSha256(hashOf(0, old)), proof, hashOf(0, size)));
        assert.ok(!verifyConsistency(old, size, hashOf(0, old), proof, digestSha256(hashOf(0, size))));
      }
    }
  });

  it("of subtrees verify for every aligned range", () => {
    let ranges = 0;
    for (const [start, end] of [
      [4, 8],
      [8, 13],
      [8, 16],
      [16, 19],
      [18, 19],
    ] as const) {
      const subtree = { start, end };
      const proof = proveSubtreeConsistency(subtree, leaves.length, hashOf);
      assert.ok(verifySubtreeConsistency(subtree, leaves.length, hashOf(start, end), proof, hashOf(0, 19)));
      for (let index = start; index < end; index++) {
        const inner = proveInclusion(index - start, end - start, (from, to) =>
          hashOf(start + from, start + to),
        );
        assert.ok(
          verifySubtreeInclusion(index, subtree, hashOf(index, index + 1), inner, hashOf(start, end)),
        );
      }
      ranges++;
    }
    assert.equal(ranges, 5);
  });

  it("are not made for ranges that are no subtrees", () => {
    refusal("invalid_input", () => proveInclusion(19, 19, hashOf));
    refusal("invalid_input", () => proveInclusion(-1, 19, hashOf));
    refusal("invalid_input", () => proveConsistency(0, 19, hashOf));
    refusal("invalid_input", () => proveConsistency(20, 19, hashOf));
    refusal("invalid_input", () => proveSubtreeConsistency({ start: 2, end: 5 }, 19, hashOf));
  });

  it("work at the largest sizes", () => {
    const size = Number.MAX_SAFE_INTEGER;
    const same = digestSha256(new Uint8Array(1));
    const proof = proveInclusion(size - 1, size, () => same);
    const wrong = emptyMerkleRoot();
    assert.ok(proof.length <= 53);
    assert.ok(!verifyInclusion(size - 1, size, same, proof, wrong));
  });
});
