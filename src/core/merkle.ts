import { digestSha256, type HashFunction } from "./digest.ts";

/**
 * The hashes of a Merkle tree (RFC 6962 section 2.1): a leaf is SHA-256(0x00 || record), a node is
 * SHA-256(0x01 || left || right). The prefixes keep a node from being passed off as a leaf.
 */
export const MERKLE_HASH_BYTES = 32;

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** The root of the empty tree: SHA-256 of nothing. */
export function emptyMerkleRoot(sha256: HashFunction = digestSha256): Uint8Array {
  return sha256(new Uint8Array(0));
}

export function merkleLeafHash(record: Uint8Array, sha256: HashFunction = digestSha256): Uint8Array {
  const prefixed = new Uint8Array(1 + record.length);
  prefixed[0] = LEAF_PREFIX;
  prefixed.set(record, 1);
  return sha256(prefixed);
}

/** Both hashes have 32 bytes. */
export function merkleNodeHash(
  left: Uint8Array,
  right: Uint8Array,
  sha256: HashFunction = digestSha256,
): Uint8Array {
  const prefixed = new Uint8Array(1 + 2 * MERKLE_HASH_BYTES);
  prefixed[0] = NODE_PREFIX;
  prefixed.set(left, 1);
  prefixed.set(right, 1 + MERKLE_HASH_BYTES);
  return sha256(prefixed);
}

/** Where a tree of `size` leaves, at least two, splits: the largest power of two below its size. */
export function merkleSplit(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}
