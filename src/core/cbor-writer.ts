import { CborKeyOrder } from "./cbor-key-order.ts";
import { ArtifactstoreError } from "./errors.ts";
import { CBOR_DEPTH_MAX } from "./limits.ts";
import { isPlainObject } from "./plain-object.ts";
import { RefusedValue } from "./refused-value.ts";

const INITIAL_CAPACITY_BYTES = 4096;

/** Texts up to this length are written unit by unit; above it the call of the platform's encoder pays. */
const SHORT_TEXT_MAX_LENGTH = 96;

const MAJOR_UNSIGNED = 0x00;
const MAJOR_NEGATIVE = 0x20;
const MAJOR_BYTES = 0x40;
const MAJOR_TEXT = 0x60;
const MAJOR_ARRAY = 0x80;
const MAJOR_MAP = 0xa0;

const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;

const TWO_TO_32 = 0x1_0000_0000;

const utf8 = new TextEncoder();

/**
 * Writes canonical CBOR into a buffer of its own that grows and is used again.
 *
 * Written by hand, although there is a good library: an ingest encodes several small maps per file (payload, log
 * record, manifest entry), this is three to five times as fast on them, and the library writes subnormal halves as
 * singles, which is not the shortest form. The property tests hold both to the same bytes elsewhere.
 */
export class CborWriter {
  #bytes = new Uint8Array(INITIAL_CAPACITY_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  readonly #keyOrder = new CborKeyOrder();

  /** A copy of what has been written since the last call. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** Forgets what has been written, and a buffer that one large item left behind. */
  reset(capacityMaxBytes: number): void {
    this.#length = 0;
    if (this.#bytes.length <= capacityMaxBytes) return;
    this.#bytes = new Uint8Array(INITIAL_CAPACITY_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Throws `invalid_cbor` for what the profile does not hold; the message names the place by JSON Pointer. */
  write(value: unknown): void {
    try {
      this.#value(value, 0);
    } catch (error) {
      if (!(error instanceof RefusedValue)) throw error;
      throw new ArtifactstoreError(
        "invalid_cbor",
        `Cannot encode canonical CBOR: at "${error.pointer}", ${error.reason}`,
      );
    }
  }

  #value(value: unknown, depth: number): void {
    if (typeof value === "string") this.#text(value);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "boolean") this.#byte(value ? TRUE : FALSE);
    else if (value === null) this.#byte(NULL);
    else if (typeof value !== "object") throw new RefusedValue(`the value is of type ${typeof value}`);
    else if (value instanceof Uint8Array) this.#byteString(value);
    else this.#container(value, depth);
  }

  #container(value: object, depth: number): void {
    if (depth >= CBOR_DEPTH_MAX)
      throw new RefusedValue(`the nesting is deeper than ${CBOR_DEPTH_MAX} levels`);
    if (Array.isArray(value)) this.#array(value, depth);
    else if (isPlainObject(value)) this.#map(value, depth);
    else throw new RefusedValue("the value is an instance of a class");
  }

  #array(items: readonly unknown[], depth: number): void {
    this.#head(MAJOR_ARRAY, items.length);
    let index = 0;
    try {
      for (; index < items.length; index++) this.#value(items[index], depth + 1);
    } catch (error) {
      if (error instanceof RefusedValue) error.addStep(index);
      throw error;
    }
  }

  #map(map: { readonly [key: string]: unknown }, depth: number): void {
    const keys = this.#keyOrder.sort(Object.keys(map));
    this.#head(MAJOR_MAP, keys.length);
    let current = "";
    try {
      for (const key of keys) {
        current = key;
        this.#text(key);
        this.#value(map[key], depth + 1);
      }
    } catch (error) {
      if (error instanceof RefusedValue) error.addStep(current);
      throw error;
    }
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value)) {
      if (Object.is(value, -0)) throw new RefusedValue("the number is negative zero");
      if (value < 0) this.#head(MAJOR_NEGATIVE, -1 - value);
      else this.#head(MAJOR_UNSIGNED, value);
      return;
    }
    if (!Number.isFinite(value)) throw new RefusedValue(`the number is ${value}`);
    // From 2^53 on every binary64 number is an integer.
    if (Number.isInteger(value)) throw new RefusedValue(`the integer ${value} is outside ±(2^53−1)`);
    this.#float(value);
  }

  /** The shortest of half, single and double precision that keeps the value. */
  #float(value: number): void {
    this.#reserve(9);
    const at = this.#length;
    if (Math.fround(value) !== value) {
      this.#bytes[at] = 0xfb;
      this.#view.setFloat64(at + 1, value);
      this.#length = at + 9;
    } else if (Math.f16round(value) !== value) {
      this.#bytes[at] = 0xfa;
      this.#view.setFloat32(at + 1, value);
      this.#length = at + 5;
    } else {
      this.#bytes[at] = 0xf9;
      this.#view.setFloat16(at + 1, value);
      this.#length = at + 3;
    }
  }

  #byteString(value: Uint8Array): void {
    this.#head(MAJOR_BYTES, value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  #text(text: string): void {
    if (text.length > SHORT_TEXT_MAX_LENGTH || !this.#shortAscii(text)) this.#longText(text);
  }

  /** Nearly all texts of ours: writes and answers true, or answers false with nothing written. */
  #shortAscii(text: string): boolean {
    this.#reserve(2 + SHORT_TEXT_MAX_LENGTH);
    const bytes = this.#bytes;
    let at = this.#length;
    if (text.length < 24) {
      bytes[at++] = MAJOR_TEXT | text.length;
    } else {
      bytes[at++] = MAJOR_TEXT | 24;
      bytes[at++] = text.length;
    }
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit === 0 || unit >= 0x80) return false;
      bytes[at++] = unit;
    }
    this.#length = at;
    return true;
  }

  #longText(text: string): void {
    if (!text.isWellFormed()) throw new RefusedValue("the text has a lone surrogate");
    if (text.includes("\0")) throw new RefusedValue("the text has U+0000");
    // The head depends on the encoded length: encode behind room for the longest head, then move close.
    this.#reserve(9 + text.length * 3);
    const from = this.#length + 9;
    const { written } = utf8.encodeInto(text, this.#bytes.subarray(from));
    this.#head(MAJOR_TEXT, written);
    this.#bytes.copyWithin(this.#length, from, from + written);
    this.#length += written;
  }

  /** The initial byte and the shortest argument that holds the count (RFC 8949 section 3). */
  #head(major: number, count: number): void {
    this.#reserve(9);
    const at = this.#length;
    const bytes = this.#bytes;
    if (count < 24) {
      bytes[at] = major | count;
      this.#length = at + 1;
    } else if (count < 0x100) {
      bytes[at] = major | 24;
      bytes[at + 1] = count;
      this.#length = at + 2;
    } else if (count < 0x1_0000) {
      bytes[at] = major | 25;
      this.#view.setUint16(at + 1, count);
      this.#length = at + 3;
    } else if (count < TWO_TO_32) {
      bytes[at] = major | 26;
      this.#view.setUint32(at + 1, count);
      this.#length = at + 5;
    } else {
      bytes[at] = major | 27;
      this.#view.setUint32(at + 1, Math.floor(count / TWO_TO_32));
      this.#view.setUint32(at + 5, count % TWO_TO_32);
      this.#length = at + 9;
    }
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(count: number): void {
    if (this.#length + count > this.#bytes.length) this.#grow(this.#length + count);
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
