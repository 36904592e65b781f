import { bytesToHex } from "@noble/hashes/utils.js";
import { refuseText } from "./text-rules.ts";

/** A UUID of ours: lower case, RFC 9562 variant, versions 1 to 8. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** @param version the one version that will do; any if left out */
export function isUuid(text: string, version?: number): boolean {
  return UUID.test(text) && (version === undefined || text[14] === String(version));
}

/** Answers the text. Throws `invalid_input` for every other spelling; `what` names it in the message. */
export function parseUuid(text: string, what: string, version?: number): string {
  if (isUuid(text, version)) return text;
  const kind = version === undefined ? "a lower-case UUID" : `a lower-case UUID of version ${version}`;
  return refuseText(text, what, `it is not ${kind}`);
}

/**
 * A time-ordered UUID (RFC 9562 section 5.7).
 *
 * @param epochMs milliseconds since 1970
 * @param random 10 random bytes
 */
export function uuidV7(epochMs: number, random: Uint8Array): string {
  return uuidOfHex(epochMs.toString(16).padStart(12, "0") + bytesToHex(random), 7);
}

/** Variants of RFC 9562 (section 4.1), by the two bits that they leave. */
const VARIANTS = "89ab";

/**
 * A UUID out of 32 hex digits (of a digest, of time and random bytes), of which version and variant replace six bits.
 * By slices of text: two ids are made for every file of every package.
 */
export function uuidOfHex(hex: string, version: 5 | 7): string {
  const variant = VARIANTS[Number.parseInt(hex.slice(16, 17), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
