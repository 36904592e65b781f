import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatPaxRecords, parsePaxRecords } from "../../src/core/pax-records.ts";
import { formatTarHeader, parseTarHeader, tarPadding } from "../../src/core/tar-header.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

describe("headers of tar archives", () => {
  it("are read as they are written", () => {
    const header = { name: "a/b.txt", sizeBytes: 8 ** 11 - 1, type: "0" };
    assert.deepEqual(parseTarHeader(formatTarHeader(header)), header);
    assert.equal(parseTarHeader(new Uint8Array(512)), undefined);
  });

  it("say sizes in binary where octal digits do not do", () => {
    const block = formatTarHeader({ name: "a", sizeBytes: 0, type: "0" });
    block.set([0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0], 124);
    let sum = 0;
    block.fill(32, 148, 156);
    for (const byte of block) sum += byte;
    block.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
    assert.equal(parseTarHeader(block)?.sizeBytes, 2 * 2 ** 32);
  });

  it("are refused with any byte changed", async () => {
    const good = formatTarHeader({ name: "a/b.txt", sizeBytes: 5, type: "0" });
    for (const index of [0, 100, 124, 148, 156, 257, 511]) {
      const bad = good.slice();
      bad[index] = (bad[index] ?? 0) ^ 1;
      await rejectsWithCode("invalid_request", () => parseTarHeader(bad));
    }
    await rejectsWithCode("invalid_request", () => parseTarHeader(good.subarray(0, 511)));
  });

  it("are followed by data in whole blocks", () => {
    assert.deepEqual([0, 1, 511, 512, 513].map(tarPadding), [0, 511, 1, 0, 511]);
  });
});

describe("extended headers", () => {
  it("are read as they are written, whatever their lengths", () => {
    for (let length = 0; length < 1_100; length += 1) {
      const records = new Map([
        ["path", "ü".repeat(length)],
        ["size", "1"],
      ]);
      assert.deepEqual(parsePaxRecords(formatPaxRecords(records)), records);
    }
  });

  for (const text of [
    "5 a=b\n",
    "x",
    "6 a=b\n7",
    "6 =ab\n\n",
    "0 a=b\n",
    "06 a=b\n",
    "6 a=bc",
    "99999999999 a=b\n",
  ]) {
    it(`are refused: ${JSON.stringify(text)}`, async () => {
      await rejectsWithCode("invalid_request", () => parsePaxRecords(new TextEncoder().encode(text)));
    });
  }
});
