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
    for await (const chunk of verifiedChunks(portableBlake3, address, body(...chunks))) {
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
