import { utf8Length } from "./utf8-length.ts";
import { compareUtf8 } from "./utf8-order.ts";

/**
 * The order of map keys in canonical CBOR: bytewise order of the encoded keys (RFC 8949 section 4.2.1). A text key
 * begins with its length, so a shorter key comes first; keys of one length follow the bytes of their UTF-8.
 */
export function compareCborKeys(a: string, b: string): number {
  return utf8Length(a) - utf8Length(b) || compareUtf8(a, b);
}

/** Sets of keys that are remembered, and how large one may be. Counts. */
const REMEMBERED_SETS = 64;
const REMEMBERED_KEYS_MAX = 24;
const REMEMBERED_KEY_MAX_LENGTH = 40;

interface KeySet {
  readonly keys: readonly string[];
  readonly sorted: readonly string[];
}

/**
 * Sorts sets of keys, remembering the order of those that it has seen lately: an ingest encodes tens of thousands of
 * maps with a handful of different sets of keys, and comparing with a known set costs a fraction of sorting it.
 */
export class CborKeyOrder {
  readonly #remembered: (KeySet | undefined)[] = new Array(REMEMBERED_SETS).fill(undefined);

  /** The answer must not be changed. */
  sort(keys: readonly string[]): readonly string[] {
    const first = keys[0];
    const last = keys.at(-1);
    if (first === undefined || last === undefined || keys.length === 1) return keys;
    const slot = (keys.length * 17 + first.length * 5 + last.length) % REMEMBERED_SETS;
    const known = this.#remembered[slot];
    if (known !== undefined && areSame(known.keys, keys)) return known.sorted;
    const sorted = keys.toSorted(compareCborKeys);
    if (isWorthRemembering(keys)) this.#remembered[slot] = { keys, sorted };
    return sorted;
  }
}

function areSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

/** Bounds what is kept in memory. */
function isWorthRemembering(keys: readonly string[]): boolean {
  return keys.length <= REMEMBERED_KEYS_MAX && keys.every((key) => key.length <= REMEMBERED_KEY_MAX_LENGTH);
}
