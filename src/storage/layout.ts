import { CONTENT_ADDRESS_PREFIX, type ContentAddress, contentAddressHex } from "../core/content-address.ts";

/**
 * Where a blob lies, relative to the root of a store: `blake3/<hex[0:2]>/<hex[2:4]>/<hex>`. It is the `object_key` of
 * every storage location, also of blobs that the local container holds. `docs/storage-layout.md` has the whole layout.
 */
export const BLOBS_PREFIX = "blake3";

const OBJECT_KEY = /^blake3\/([0-9a-f]{2})\/([0-9a-f]{2})\/(\1\2[0-9a-f]{60})$/;

export function objectKey(address: ContentAddress): string {
  const hex = contentAddressHex(address);
  return `${BLOBS_PREFIX}/${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex}`;
}

/** The address in a key; `undefined` for every other spelling, wrong directories included. */
export function parseObjectKey(key: string): ContentAddress | undefined {
  const hex = key.length === 77 ? OBJECT_KEY.exec(key)?.[3] : undefined;
  return hex === undefined ? undefined : ((CONTENT_ADDRESS_PREFIX + hex) as ContentAddress);
}
