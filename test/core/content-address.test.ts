import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { contentAddress, contentAddressBytes, parseContentAddress } from "../../src/core/content-address.ts";
import { digestBlake3 } from "../../src/core/digest.ts";
import { refusal } from "../support/refusal.ts";

describe("content addresses", () => {
  const digest = digestBlake3(new Uint8Array(0));
  const address = "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";

  it("are the prefix and lower-case hex, and lead back to the digest", () => {
    assert.equal(contentAddress(digest), address);
    assert.deepEqual(contentAddressBytes(parseContentAddress(address)), digest);
  });

  const refused = [
    address.toUpperCase(),
    address.slice(7),
    `sha256:${address.slice(7)}`,
    `${address}0`,
    `${address}\n`,
    "",
  ];
  for (const text of refused) {
    it(`are not ${JSON.stringify(text)}`, () => {
      refusal("invalid_input", () => parseContentAddress(text));
    });
  }
});
