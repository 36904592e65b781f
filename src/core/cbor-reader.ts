import type { CborValue } from "./cbor-value.ts";
import { ArtifactstoreError } from "./errors.ts";
import { CBOR_DEPTH_MAX } from "./limits.ts";
import { setMember } from "./plain-object.ts";

const TWO_TO_32 = 0x1_0000_0000;

/** A leading U+FEFF is part of the text, not a mark to be dropped. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One character a byte; where the byte is ASCII, the character is the same. */
const singleByte = new TextDecoder("latin1");

/**
 * Reads canonical CBOR in one pass and checks every rule where it applies, so that a refusal says which byte breaks
 * which rule. The library's decoder behind a comparison of re-encoded bytes would not do: it drops a leading U+FEFF
 * from texts, and so refuses some canonical items. What is accepted here re-encodes to the same bytes; the property
 * tests hold it to that, and to what the library reads.
 */
export class CborReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  /** The whole item, one character a byte, once a text is read: ASCII texts are slices of it, made without a copy. */
  #ascii: string | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The one item that the bytes hold. Throws `invalid_cbor`. */
  read(): CborValue {
    const value = this.#value(0);
    if (this.#at !== this.#bytes.length) this.#refuse(this.#at, "bytes follow the item");
    return value;
  }

  #value(depth: number): CborValue {
    const start = this.#at;
    if (start >= this.#bytes.length) this.#refuse(start, "the item ends early");
    const initial = this.#bytes[start] as number;
    switch (initial >> 5) {
      case 0:
        return this.#safeInteger(start, this.#argument());
      case 1:
        return -this.#safeInteger(start, this.#argument() + 1);
      case 2:
        return this.#byteString();
      case 3:
        return this.#text();
      case 4:
        return this.#array(start, depth);
      case 5:
        return this.#map(start, depth);
      case 6:
        return this.#refuse(start, "tags are not allowed");
      default:
        return this.#simple(start, initial);
    }
  }

  #array(start: number, depth: number): CborValue {
    this.#checkDepth(start, depth);
    const count = this.#count(1);
    const items: CborValue[] = [];
    for (let i = 0; i < count; i++) items.push(this.#value(depth + 1));
    return items;
  }

  #map(start: number, depth: number): CborValue {
    this.#checkDepth(start, depth);
    const count = this.#count(2);
    const map: { [key: string]: CborValue } = {};
    let previousStart = 0;
    let previousEnd = 0;
    for (let i = 0; i < count; i++) {
      const keyStart = this.#at;
      if (this.#bytes[keyStart] === undefined) this.#refuse(keyStart, "the item ends early");
      if ((this.#bytes[keyStart] as number) >> 5 !== 3) this.#refuse(keyStart, "a map key is not a text");
      const key = this.#text();
      if (i > 0) this.#checkKeyOrder(previousStart, previousEnd, keyStart);
      previousStart = keyStart;
      previousEnd = this.#at;
      const value = this.#value(depth + 1);
      setMember(map, key, value);
    }
    return map;
  }

  /** Bytewise order of the encoded keys (RFC 8949 section 4.2.1); equal means a duplicate. */
  #checkKeyOrder(previousStart: number, previousEnd: number, start: number): void {
    const bytes = this.#bytes;
    for (let a = previousStart, b = start; a < previousEnd; a++, b++) {
      const difference = (bytes[b] as number) - (bytes[a] as number);
      // Heads differ where lengths differ, so the shorter key is never a prefix of the longer one.
      if (difference > 0) return;
      if (difference < 0) this.#refuse(start, "a map's keys are not in canonical order");
    }
    this.#refuse(start, "a map has the same key twice");
  }

  #byteString(): Uint8Array {
    const length = this.#count(1);
    const value = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  #text(): string {
    const head = this.#at;
    const length = this.#count(1);
    const start = this.#at;
    const end = start + length;
    this.#at = end;
    if (this.#isPlainAscii(start, end)) {
      this.#ascii ??= singleByte.decode(this.#bytes);
      return this.#ascii.slice(start, end);
    }
    const text = this.#decodeUtf8(head, this.#bytes.subarray(start, end));
    if (text.includes("\0")) this.#refuse(head, "a text has U+0000");
    return text;
  }

  #isPlainAscii(start: number, end: number): boolean {
    for (let i = start; i < end; i++) {
      const byte = this.#bytes[i] as number;
      if (byte === 0 || byte >= 0x80) return false;
    }
    return true;
  }

  #decodeUtf8(head: number, bytes: Uint8Array): string {
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      return this.#refuse(head, "a text is not valid UTF-8", cause);
    }
  }

  #simple(start: number, initial: number): CborValue {
    this.#at = start + 1;
    switch (initial) {
      case 0xf4:
        return false;
      case 0xf5:
        return true;
      case 0xf6:
        return null;
      case 0xf9:
        return this.#float(start, this.#view.getFloat16(this.#advance(2)), 2);
      case 0xfa:
        return this.#float(start, this.#view.getFloat32(this.#advance(4)), 4);
      case 0xfb:
        return this.#float(start, this.#view.getFloat64(this.#advance(8)), 8);
      default:
        return this.#refuse(start, "a simple value other than null, true and false is not allowed");
    }
  }

  #float(start: number, value: number, width: number): number {
    if (!Number.isFinite(value)) this.#refuse(start, `the number ${value} is not allowed`);
    if (Number.isInteger(value))
      this.#refuse(start, "a number that is an integer by value is written as a float");
    const shorter =
      (width > 2 && Math.f16round(value) === value) || (width > 4 && Math.fround(value) === value);
    if (shorter) this.#refuse(start, "a float is longer than its value needs");
    return value;
  }

  #safeInteger(start: number, magnitude: number): number {
    if (magnitude > Number.MAX_SAFE_INTEGER) this.#refuse(start, "an integer is outside ±(2^53−1)");
    return magnitude;
  }

  /** The count in a head, refused if that many things, each of `bytesEach` or more, cannot follow. */
  #count(bytesEach: number): number {
    const start = this.#at;
    const count = this.#argument();
    if (count * bytesEach > this.#bytes.length - this.#at) this.#refuse(start, "the item ends early");
    return count;
  }

  /** The argument of the head at the current place, which must have its shortest form (RFC 8949 section 4.2.1). */
  #argument(): number {
    const start = this.#at;
    const additional = (this.#bytes[start] as number) & 0x1f;
    this.#at = start + 1;
    if (additional < 24) return additional;
    let argument: number;
    let least: number;
    switch (additional) {
      case 24:
        argument = this.#view.getUint8(this.#advance(1));
        least = 24;
        break;
      case 25:
        argument = this.#view.getUint16(this.#advance(2));
        least = 0x100;
        break;
      case 26:
        argument = this.#view.getUint32(this.#advance(4));
        least = 0x1_0000;
        break;
      case 27: {
        const at = this.#advance(8);
        // Not exact above 2^53, but there every use of it refuses: as an integer, and as a count of what follows.
        argument = this.#view.getUint32(at) * TWO_TO_32 + this.#view.getUint32(at + 4);
        least = TWO_TO_32;
        break;
      }
      case 31:
        return this.#refuse(start, "indefinite lengths are not allowed");
      default:
        return this.#refuse(start, "a head is reserved");
    }
    if (argument < least) this.#refuse(start, "a head is longer than its argument needs");
    return argument;
  }

  #advance(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) this.#refuse(at, "the item ends early");
    this.#at = at + count;
    return at;
  }

  #checkDepth(start: number, depth: number): void {
    if (depth >= CBOR_DEPTH_MAX) this.#refuse(start, `the nesting is deeper than ${CBOR_DEPTH_MAX} levels`);
  }

  #refuse(at: number, reason: string, cause?: unknown): never {
    throw new ArtifactstoreError("invalid_cbor", `Cannot read canonical CBOR: at byte ${at}, ${reason}`, {
      cause,
    });
  }
}
