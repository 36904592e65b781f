import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { contentAddress } from "../../src/core/content-address.ts";
import { digestBlake3, portableBlake3 } from "../../src/core/digest.ts";
import { verifiedChunks } from "../../src/dataplane/verified-chunks.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

const encoder = new TextEncoder();

/** One buffer for all chunks, as a store may have it. */
async function* body(...chunks: string[]): AsyncIterable<Uint8Array> {
  const buffer = new Uint8Array(64);
  for (const chunk of chunks) {
    const { written } = encoder.encodeInto(chunk, buffer);
    yield buffer.subarray(0, written);
  }
}

/** What a reader gets, and whether it ends well. */
async function read(text: string, ...chunks: string[]) {
  const received: string[] = [];
  const address = contentAddress(digestBlake3(encoder.encode(text)));
  const reading = (async () => {
    for await (const chunk of verifiedChunks(portableBlake3, address, [async () => body(...chunks)])) {
      received.push(new TextDecoder().decode(chunk));
    }
  })();
  return { received, reading };
}

describe("verified chunks", () => {
  it("are the blob's bytes, whatever they are cut into", async () => {
    for (const chunks of [["abcdef"], ["ab", "cd", "ef"], ["", "abc", "", "def", ""]]) {
      const { received, reading } = await read("abcdef", ...chunks);
      await reading;
      assert.equal(received.join(""), "abcdef");
    }
  });

  it("of the empty blob are none", async () => {
    const { received, reading } = await read("");
    await reading;
    assert.deepEqual(received, []);
  });

  it("go on from another copy where one cannot be read any further", async () => {
    const text = "abcdefgh";
    const opened: number[] = [];
    async function* breaksAfter(start: number, bytes: number) {
      yield* body(text.slice(start, start + bytes));
      throw new Error("the disk is gone");
    }
    const copies = [
      async (start: number) => breaksAfter(start, 3),
      async (start: number) => breaksAfter(start, 2),
      async (start: number) => {
        opened.push(start);
        return body(text.slice(start));
      },
    ];
    const address = contentAddress(digestBlake3(encoder.encode(text)));
    let received = "";
    for await (const chunk of verifiedChunks(portableBlake3, address, copies)) {
      received += new TextDecoder().decode(chunk);
    }
    assert.deepEqual([received, opened], [text, [5]]);
    await assert.rejects(async () => {
      for await (const chunk of verifiedChunks(portableBlake3, address, copies.slice(0, 2))) assert.ok(chunk);
    }, /the disk is gone/);
  });

  it("of a wrong blob lack the last one", async () => {
    for (const [chunks, before] of [
      [["abcdeX"], ""],
      [["ab", "cd", "eX"], "abcd"],
      [["Xb", "cd", "ef"], "Xbcd"],
      [["ab", "cd"], "ab"],
      [["ab", "cd", "ef", "g"], "abcdef"],
    ] as const) {
      const { received, reading } = await read("abcdef", ...chunks);
      await rejectsWithCode("blob_damaged", reading);
      assert.equal(received.join(""), before);
    }
  });
});
