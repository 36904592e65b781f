import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseContentAddress } from "../../src/core/content-address.ts";
import { objectKey, parseObjectKey } from "../../src/storage/layout.ts";

const HEX = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
const ADDRESS = parseContentAddress(`blake3:${HEX}`);
const KEY = `blake3/af/13/${HEX}`;

describe("the layout of a store", () => {
  it("gives every address its key, and back", () => {
    assert.equal(objectKey(ADDRESS), KEY);
    assert.equal(parseObjectKey(KEY), ADDRESS);
  });

  it("knows no other spelling", () => {
    for (const key of [
      "",
      HEX,
      `/${KEY}`,
      `${KEY}/`,
      `${KEY}\n`,
      KEY.toUpperCase(),
      `blake3/13/af/${HEX}`,
      `blake3/af/14/${HEX}`,
      `blake3/af/13/${HEX.slice(1)}`,
      `blake3/af/13/${HEX}0`,
      `blake3/af/13/${HEX.slice(0, 63)}g`,
      `sha256/af/13/${HEX}`,
      `blake3//af13/${HEX}`,
    ]) {
      assert.equal(parseObjectKey(key), undefined, key);
    }
  });
});
