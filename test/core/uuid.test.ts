import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isUuid, locationId, parseUuid, uuidV5, uuidV7 } from "../../src/core/uuid.ts";
import { refusal } from "../support/refusal.ts";

describe("UUIDs", () => {
  const v7 = "0190b1c2-0000-7000-8000-000000000001";

  it("are lower case, of the right variant and version", () => {
    assert.equal(parseUuid(v7, "package id", 7), v7);
    assert.ok(isUuid(v7));
    const bad = [v7.toUpperCase(), `{${v7}}`, v7.replaceAll("-", ""), `${v7}\n`, "", v7.replace("-8", "-c")];
    for (const text of bad) {
      assert.ok(!isUuid(text), text);
      refusal("invalid_input", () => parseUuid(text, "package id"));
    }
    refusal("invalid_input", () => parseUuid(v7, "registry id", 4));
    assert.ok(!isUuid("00000000-0000-0000-0000-000000000000"));
  });

  it("of version 5 are the same for the same names (RFC 9562 appendix A.4)", () => {
    const dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    assert.equal(uuidV5(dns, "www.example.com"), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    assert.equal(locationId(v7, "local"), uuidV5(v7, "local"));
    assert.notEqual(locationId(v7, "local"), locationId(v7, "s3"));
  });

  it("of version 7 hold the time and the random bytes (RFC 9562 appendix A.6)", () => {
    const random = new Uint8Array([
      0, 0, 0, 0, 0, 0, 0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f,
    ]);
    const text = uuidV7(0x017f22e279b0, random);
    assert.ok(isUuid(text, 7));
    assert.ok(text.startsWith("017f22e2-79b0-7"));
    assert.equal(text, uuidV7(0x017f22e279b0, random));
    assert.ok(uuidV7(0x017f22e279b1, random) > text);
  });
});
