import { CborReader } from "./cbor-reader.ts";
import type { CborValue } from "./cbor-value.ts";
import { CborWriter } from "./cbor-writer.ts";

/**
 * Canonical CBOR, our profile of RFC 8949 section 4.2.1:
 *
 * - Map keys are texts in bytewise order of their encoding, lengths definite, heads shortest, no tags; `null`, `true`
 *   and `false` are the only simple values.
 * - A number that is an integer by value is encoded as an integer and lies within ±(2^53−1). From 2^53 on every
 *   binary64 number is an integer, so 1e300 is refused as well. Other numbers are floats in the shortest form that
 *   keeps the binary64 value. −0, NaN and infinities are refused.
 * - Texts are valid Unicode without U+0000: JSON input refuses that character, and what is encoded here must survive
 *   the way through JSON and back.
 * - Nesting is at most `CBOR_DEPTH_MAX` levels.
 */

/** A buffer that one large item left behind is given up. Bytes. */
const KEPT_BUFFER_MAX_BYTES = 1024 * 1024;

/** Used again by every call, except by one that a getter of an encoded object makes meanwhile. */
let idle: CborWriter | undefined = new CborWriter();

/** Throws `invalid_cbor`, naming the place by JSON Pointer, for a value outside the profile. */
export function encodeCanonicalCbor(value: CborValue): Uint8Array {
  const writer = idle ?? new CborWriter();
  idle = undefined;
  try {
    writer.write(value);
    return writer.take();
  } finally {
    writer.reset(KEPT_BUFFER_MAX_BYTES);
    idle = writer;
  }
}

/** Throws `invalid_cbor`, naming the byte, for whatever does not re-encode to the same bytes. */
export function decodeCanonicalCbor(bytes: Uint8Array): CborValue {
  return new CborReader(bytes).read();
}
