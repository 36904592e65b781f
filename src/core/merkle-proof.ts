import { digestSha256, type HashFunction } from "./digest.ts";
import { equalBytes } from "./equal-bytes.ts";
import { ArtifactstoreError } from "./errors.ts";
import { emptyMerkleRoot, MERKLE_HASH_BYTES, merkleNodeHash, merkleSplit } from "./merkle.ts";

/**
 * Proofs over a Merkle tree (RFC 6962 sections 2.1.1 and 2.1.2), and over its subtrees (draft-ietf-plants-merkle-tree-certs
 * section 4). One recursion serves all of them: the proof that the leaves [start, end) of a tree are what a given hash
 * says. Of one leaf it is the inclusion proof; of the first m leaves it is the consistency proof.
 *
 * Verifiers answer false for whatever is not a proof: wrong sizes, missing, changed or surplus hashes.
 */

/** The leaves [start, end) of a tree. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** The hash of the complete range [start, end) of a tree's leaves, as RFC 6962 computes it over them alone. */
export type RangeHash = (start: number, end: number) => Uint8Array;

export function verifyInclusion(
  index: number,
  size: number,
  leafHash: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
  sha256: HashFunction = digestSha256,
): boolean {
  if (!Number.isSafeInteger(index) || leafHash.length !== MERKLE_HASH_BYTES) return false;
  return verifyRange({ start: index, end: index + 1 }, size, leafHash, proof, root, sha256);
}

/** Whether the tree of `oldSize` leaves is the beginning of the newer one. The empty tree has no proof. */
export function verifyConsistency(
  oldSize: number,
  size: number,
  oldRoot: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
  sha256: HashFunction = digestSha256,
): boolean {
  return verifyRange({ start: 0, end: oldSize }, size, oldRoot, proof, root, sha256);
}

/** Whether a leaf of the whole tree, at `index`, lies in the subtree whose root is given. */
export function verifySubtreeInclusion(
  index: number,
  subtree: LeafRange,
  leafHash: Uint8Array,
  proof: readonly Uint8Array[],
  subtreeRoot: Uint8Array,
  sha256: HashFunction = digestSha256,
): boolean {
  if (!isSubtree(subtree)) return false;
  const size = subtree.end - subtree.start;
  return verifyInclusion(index - subtree.start, size, leafHash, proof, subtreeRoot, sha256);
}

/** Whether the subtree whose root is given is part of the tree. An empty one is part of every tree that reaches it. */
export function verifySubtreeConsistency(
  subtree: LeafRange,
  size: number,
  subtreeRoot: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
  sha256: HashFunction = digestSha256,
): boolean {
  const { start, end } = subtree;
  if (
    start === end &&
    Number.isSafeInteger(size) &&
    Number.isSafeInteger(start) &&
    start >= 0 &&
    start <= size
  ) {
    return proof.length === 0 && equalBytes(subtreeRoot, emptyMerkleRoot(sha256));
  }
  return isSubtree(subtree) && verifyRange(subtree, size, subtreeRoot, proof, root, sha256);
}

/** The inclusion proof of one leaf, from the leaf upwards. Throws `invalid_input` outside the tree. */
export function proveInclusion(index: number, size: number, hashOf: RangeHash): Uint8Array[] {
  return proveSubtreeConsistency({ start: index, end: index + 1 }, size, hashOf);
}

/** The consistency proof of a tree with its own first `oldSize` leaves, at least one. */
export function proveConsistency(oldSize: number, size: number, hashOf: RangeHash): Uint8Array[] {
  return proveSubtreeConsistency({ start: 0, end: oldSize }, size, hashOf);
}

/** The proof that a subtree, not empty, is part of the tree. Throws `invalid_input` if it is none of its subtrees. */
export function proveSubtreeConsistency(subtree: LeafRange, size: number, hashOf: RangeHash): Uint8Array[] {
  if (!isSubtree(subtree) || !Number.isSafeInteger(size) || subtree.end > size) {
    throw new ArtifactstoreError(
      "invalid_input",
      `Cannot prove range: leaves ${subtree.start} to ${subtree.end} are no subtree of a tree of ${size} leaves`,
    );
  }
  const proof: Uint8Array[] = [];
  proveWithin(subtree, { start: 0, end: size }, true, hashOf, proof);
  return proof;
}

/** `RangeHash` over leaf hashes that are all in memory. */
export function rangeHashOf(
  leafHashes: readonly Uint8Array[],
  sha256: HashFunction = digestSha256,
): RangeHash {
  function hashOf(start: number, end: number): Uint8Array {
    if (end <= start) return emptyMerkleRoot(sha256);
    const only = leafHashes[start];
    if (end - start === 1 && only !== undefined) return only;
    if (end > leafHashes.length) {
      throw new ArtifactstoreError("internal", `Cannot hash range: leaf ${leafHashes.length} is not there`);
    }
    const middle = start + merkleSplit(end - start);
    return merkleNodeHash(hashOf(start, middle), hashOf(middle, end), sha256);
  }
  return hashOf;
}

/**
 * @param known whether the verifier holds the hash of `range` itself; so it is until the range is cut, and then the
 * proof must say what its last part hashes to
 */
function proveWithin(
  range: LeafRange,
  tree: LeafRange,
  known: boolean,
  hashOf: RangeHash,
  proof: Uint8Array[],
): void {
  if (range.start === tree.start && range.end === tree.end) {
    if (!known) proof.push(hashOf(tree.start, tree.end));
    return;
  }
  const middle = tree.start + merkleSplit(tree.end - tree.start);
  const left = { start: tree.start, end: middle };
  const right = { start: middle, end: tree.end };
  if (range.end <= middle) {
    proveWithin(range, left, known, hashOf, proof);
    proof.push(hashOf(right.start, right.end));
  } else {
    const cut = range.start < middle;
    proveWithin(cut ? { start: middle, end: range.end } : range, right, known && !cut, hashOf, proof);
    proof.push(hashOf(left.start, left.end));
  }
}

function verifyRange(
  range: LeafRange,
  size: number,
  rangeHash: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
  sha256: HashFunction,
): boolean {
  if (!isSubtree(range) || !Number.isSafeInteger(size) || range.end > size) return false;
  // A hash of another length could make one node's input look like that of another node.
  if (proof.some((hash) => hash.length !== MERKLE_HASH_BYTES)) return false;
  if (range.end - range.start < size && rangeHash.length !== MERKLE_HASH_BYTES) return false;
  const rest = [...proof];
  const hashes = computeWithin(range, { start: 0, end: size }, rangeHash, rest, sha256);
  return (
    hashes !== undefined &&
    rest.length === 0 &&
    equalBytes(hashes.range, rangeHash) &&
    equalBytes(hashes.tree, root)
  );
}

/** What the proof makes of the range and of the tree; `rest` is consumed from its end, as the recursion descends. */
function computeWithin(
  range: LeafRange,
  tree: LeafRange,
  known: Uint8Array | undefined,
  rest: Uint8Array[],
  sha256: HashFunction,
): { readonly range: Uint8Array; readonly tree: Uint8Array } | undefined {
  if (range.start === tree.start && range.end === tree.end) {
    const hash = known ?? rest.pop();
    return hash && { range: hash, tree: hash };
  }
  const sibling = rest.pop();
  if (sibling === undefined) return undefined;
  const middle = tree.start + merkleSplit(tree.end - tree.start);
  if (range.end <= middle) {
    const left = computeWithin(range, { start: tree.start, end: middle }, known, rest, sha256);
    return left && { range: left.range, tree: merkleNodeHash(left.tree, sibling, sha256) };
  }
  const half = { start: middle, end: tree.end };
  if (range.start >= middle) {
    const right = computeWithin(range, half, known, rest, sha256);
    return right && { range: right.range, tree: merkleNodeHash(sibling, right.tree, sha256) };
  }
  const right = computeWithin({ start: middle, end: range.end }, half, undefined, rest, sha256);
  return (
    right && {
      range: merkleNodeHash(sibling, right.range, sha256),
      tree: merkleNodeHash(sibling, right.tree, sha256),
    }
  );
}

/** Not empty, and its start a multiple of the smallest power of two that is not below its length. */
function isSubtree({ start, end }: LeafRange): boolean {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end <= start) return false;
  let alignment = 1;
  while (alignment < end - start) alignment *= 2;
  return start % alignment === 0;
}
