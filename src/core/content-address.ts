import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { ArtifactstoreError } from "./errors.ts";

/** `blake3:<64 lower-case hex>`: the name of a blob, and of a manifest. */
export type ContentAddress = string & { readonly __brand: "ContentAddress" };

export const CONTENT_ADDRESS_PREFIX = "blake3:";
const CONTENT_ADDRESS_LENGTH = CONTENT_ADDRESS_PREFIX.length + 64;
const CONTENT_ADDRESS = /^blake3:[0-9a-f]{64}$/;

/** Refuses every other spelling: upper case, another algorithm, a missing prefix. Throws `invalid_input`. */
export function parseContentAddress(text: string): ContentAddress {
  if (!isContentAddress(text)) {
    throw new ArtifactstoreError(
      "invalid_input",
      `Cannot read content address: "${text.slice(0, 80)}" is not "blake3:" and 64 lower-case hex digits`,
    );
  }
  return text;
}

export function isContentAddress(text: string): text is ContentAddress {
  return text.length === CONTENT_ADDRESS_LENGTH && CONTENT_ADDRESS.test(text);
}

/** @param blake3 the 32 bytes of the BLAKE3 digest */
export function contentAddress(blake3: Uint8Array): ContentAddress {
  if (blake3.length !== 32) {
    throw new ArtifactstoreError(
      "internal",
      `Cannot name a blob: a BLAKE3 digest has 32 bytes, not ${blake3.length}`,
    );
  }
  return (CONTENT_ADDRESS_PREFIX + bytesToHex(blake3)) as ContentAddress;
}

/** @param hex the digest's 64 lower-case hex digits, as printed from its bytes */
export function contentAddressOfHex(hex: string): ContentAddress {
  return (CONTENT_ADDRESS_PREFIX + hex) as ContentAddress;
}

/** The 64 hex digits of an address. */
export function contentAddressHex(address: ContentAddress): string {
  return address.slice(CONTENT_ADDRESS_PREFIX.length);
}

/** The 32 bytes of an address. */
export function contentAddressBytes(address: ContentAddress): Uint8Array {
  return hexToBytes(contentAddressHex(address));
}
