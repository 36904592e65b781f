import { digestSha256, type HashFunction } from "./digest.ts";
import { ArtifactstoreError } from "./errors.ts";
import { emptyMerkleRoot, MERKLE_HASH_BYTES, merkleNodeHash } from "./merkle.ts";

/**
 * What must be kept of a Merkle tree (RFC 6962) to append leaves and know the root: the roots of the complete
 * subtrees that it falls into, one for each bit of its size, the largest and leftmost first. At most 53 hashes.
 */
export class MerkleFrontier {
  readonly #sha256: HashFunction;
  readonly #peaks: Uint8Array[];
  #size: number;

  /** An empty tree. `MerkleFrontier.parse` continues one. */
  constructor(sha256: HashFunction = digestSha256) {
    this.#sha256 = sha256;
    this.#peaks = [];
    this.#size = 0;
  }

  /**
   * Reads what `serialize` wrote.
   *
   * @param size leaves of the tree
   * @param bytes 32 bytes for each bit that is set in `size`
   * Throws `log_damaged` if the two do not belong together.
   */
  static parse(size: number, bytes: Uint8Array, sha256: HashFunction = digestSha256): MerkleFrontier {
    if (!Number.isSafeInteger(size) || size < 0 || bytes.length !== countBits(size) * MERKLE_HASH_BYTES) {
      throw new ArtifactstoreError(
        "log_damaged",
        `Cannot read tree frontier: ${bytes.length} bytes do not belong to a tree of ${size} leaves`,
      );
    }
    const frontier = new MerkleFrontier(sha256);
    frontier.#size = size;
    for (let at = 0; at < bytes.length; at += MERKLE_HASH_BYTES) {
      frontier.#peaks.push(bytes.slice(at, at + MERKLE_HASH_BYTES));
    }
    return frontier;
  }

  /** Leaves of the tree. */
  get size(): number {
    return this.#size;
  }

  /** @param leafHash from `merkleLeafHash` */
  append(leafHash: Uint8Array): void {
    if (leafHash.length !== MERKLE_HASH_BYTES) {
      throw new ArtifactstoreError(
        "internal",
        `Cannot append leaf: its hash has ${leafHash.length} bytes, not 32`,
      );
    }
    let hash = leafHash;
    // Like carrying in binary addition: every complete subtree of equal size joins with the new one.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = this.#peaks.pop();
      if (left !== undefined) hash = merkleNodeHash(left, hash, this.#sha256);
    }
    this.#peaks.push(hash);
    this.#size += 1;
  }

  /** The root hash, 32 bytes. */
  root(): Uint8Array {
    const last = this.#peaks.at(-1);
    if (last === undefined) return emptyMerkleRoot(this.#sha256);
    return this.#peaks
      .slice(0, -1)
      .reduceRight((right, left) => merkleNodeHash(left, right, this.#sha256), last);
  }

  /** The hashes one after the other, the largest subtree first; `size` is stored beside them. */
  serialize(): Uint8Array {
    const bytes = new Uint8Array(this.#peaks.length * MERKLE_HASH_BYTES);
    for (const [index, peak] of this.#peaks.entries()) bytes.set(peak, index * MERKLE_HASH_BYTES);
    return bytes;
  }
}

function countBits(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
