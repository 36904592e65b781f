import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { bytesToHex } from "@noble/hashes/utils.js";
import { emptyMerkleRoot, merkleLeafHash } from "../../src/core/merkle.ts";
import { MerkleFrontier } from "../../src/core/merkle-frontier.ts";
import { rangeHashOf } from "../../src/core/merkle-proof.ts";
import { refusal } from "../support/refusal.ts";

const leaves = Array.from({ length: 130 }, (_, i) => merkleLeafHash(new Uint8Array([i])));

describe("MerkleFrontier", () => {
  it("has the root of nothing when empty: SHA-256 of no bytes", () => {
    assert.equal(
      bytesToHex(new MerkleFrontier().root()),
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    assert.deepEqual(emptyMerkleRoot(), new MerkleFrontier().root());
  });

  it("has the root of the whole tree after every leaf, also across serialising", () => {
    const hashOf = rangeHashOf(leaves);
    let frontier = new MerkleFrontier();
    for (const [index, leaf] of leaves.entries()) {
      frontier.append(leaf);
      assert.equal(frontier.size, index + 1);
      assert.deepEqual(frontier.root(), hashOf(0, index + 1));
      frontier = MerkleFrontier.parse(frontier.size, frontier.serialize());
    }
  });

  it("gives the same root with another SHA-256", () => {
    const native = new MerkleFrontier((bytes) => new Uint8Array(createHash("sha256").update(bytes).digest()));
    for (const leaf of leaves) native.append(leaf);
    assert.deepEqual(native.root(), rangeHashOf(leaves)(0, leaves.length));
  });

  it("refuses bytes that do not belong to the size", () => {
    refusal("log_damaged", () => MerkleFrontier.parse(3, new Uint8Array(32)));
    refusal("log_damaged", () => MerkleFrontier.parse(4, new Uint8Array(33)));
    refusal("log_damaged", () => MerkleFrontier.parse(-1, new Uint8Array(0)));
    refusal("log_damaged", () => MerkleFrontier.parse(0.5, new Uint8Array(0)));
  });
});
