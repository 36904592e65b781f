import { utf8Length } from "./utf8-length.ts";
import { compareUtf8 } from "./utf8-order.ts";

/**
 * The order of map keys in canonical CBOR: bytewise order of the encoded keys (RFC 8949 section 4.2.1). A text key
 * begins with its length, so a shorter key comes first; keys of one length follow the bytes of their UTF-8.
 */
export function compareCborKeys(a: string, b: string): number {
  return utf8Length(a) - utf8Length(b) || compareUtf8(a, b);
}

/** Sorts in place; cheap for keys that are in order already, which is how our own builders write them. */
export function sortCborKeys(keys: string[]): string[] {
  for (let i = 1; i < keys.length; i++) {
    if (compareCborKeys(keys[i - 1] as string, keys[i] as string) > 0) return keys.sort(compareCborKeys);
  }
  return keys;
}
