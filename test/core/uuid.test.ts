import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isUuid, parseUuid, uuidOfHex, uuidV7 } from "../../src/core/uuid.ts";
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

  it("of version 7 hold the time and the random bytes (RFC 9562 appendix A.6)", () => {
    const random = new Uint8Array([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
    assert.equal(uuidV7(0x017f22e279b0, random), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    assert.ok(uuidV7(0x017f22e279b1, random) > uuidV7(0x017f22e279b0, random));
  });

  it("have version and variant set, whatever the digits", () => {
    assert.equal(uuidOfHex("0".repeat(32), 5), "00000000-0000-5000-8000-000000000000");
    assert.equal(uuidOfHex("f".repeat(32), 7), "ffffffff-ffff-7fff-bfff-ffffffffffff");
  });
});
