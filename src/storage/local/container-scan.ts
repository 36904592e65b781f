import { bytesToHex } from "@noble/hashes/utils.js";
import { type ContentAddress, contentAddressBytes } from "../../core/content-address.ts";
import type { BlobEntry } from "../blob-store.ts";
import type { ContainerConnection } from "./container-connection.ts";
import { LIST_PAGE_ROWS } from "./limits.ts";
import { nextReadable } from "./next-readable.ts";
import { sqliteFailureKind } from "./sqlite-failure.ts";

const KEY_BYTES = 32;
const LAST_KEY = new Uint8Array(KEY_BYTES).fill(0xff);
/** Gaps are measured in the first 48 bits of a key, which a number holds exactly. */
const PREFIX_BYTES = 6;
const PREFIX_END = 2 ** (8 * PREFIX_BYTES);

/** A stretch of the index that cannot be read: from a key on, up to a key that can be read again or to the end. */
export interface UnreadableRange {
  readonly fromHex: string;
  readonly toHex: string;
}

/**
 * All rows of the container in order, a page at a time, around damage: where the index cannot be read, the next key
 * that can is searched for, and the stretch between goes to `onGap`. Errors other than damage are thrown.
 *
 * @param connect asked before every page, since the connection may have been opened anew between two
 */
export function* scanContainer(
  connect: () => ContainerConnection | undefined,
  after: ContentAddress | undefined,
  onGap: (gap: UnreadableRange) => void,
): Generator<BlobEntry[]> {
  let from = after === undefined ? new Uint8Array(KEY_BYTES) : following(contentAddressBytes(after));
  let limit = LIST_PAGE_ROWS;
  while (from !== undefined) {
    const connection = connect();
    if (connection === undefined) return;
    const page = readable(() => connection.page(from as Uint8Array, LAST_KEY, limit));
    if (page === undefined) {
      // Fewer rows may end before the damage; one row that fails is the damage.
      if (limit > 1) {
        limit = Math.floor(limit / 2);
        continue;
      }
      const next = nextReadable(
        prefixOf(from),
        PREFIX_END,
        (prefix) => readable(() => connection.page(keyOf(prefix), LAST_KEY, 1)) !== undefined,
      );
      const to = next === PREFIX_END ? undefined : keyOf(next);
      onGap({ fromHex: bytesToHex(from), toHex: bytesToHex(to ?? LAST_KEY) });
      from = to;
      continue;
    }
    if (page.length > 0) yield page;
    const last = page.at(-1);
    from =
      last === undefined || page.length < limit ? undefined : following(contentAddressBytes(last.address));
    limit = Math.min(limit * 2, LIST_PAGE_ROWS);
  }
}

/** `undefined` where the container is damaged. */
export function readable<T>(question: () => T): T | undefined {
  try {
    return question();
  } catch (error) {
    if (sqliteFailureKind(error) === "corrupt") return undefined;
    throw error;
  }
}

function prefixOf(key: Uint8Array): number {
  return key.subarray(0, PREFIX_BYTES).reduce((prefix, byte) => prefix * 256 + byte, 0);
}

function keyOf(prefix: number): Uint8Array {
  const key = new Uint8Array(KEY_BYTES);
  for (let index = PREFIX_BYTES - 1, rest = prefix; index >= 0; index -= 1, rest = Math.floor(rest / 256)) {
    key[index] = rest % 256;
  }
  return key;
}

/** The least key greater than this one; `undefined` after the last. */
function following(key: Uint8Array): Uint8Array | undefined {
  const next = key.slice();
  for (let index = next.length - 1; index >= 0; index -= 1) {
    next[index] = ((next[index] ?? 0) + 1) % 256;
    if (next[index] !== 0) return next;
  }
  return undefined;
}
