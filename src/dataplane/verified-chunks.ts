import { type ContentAddress, contentAddress } from "../core/content-address.ts";
import type { Blake3Engine } from "../core/digest.ts";
import { ArtifactstoreError } from "../core/errors.ts";

/**
 * A blob's bytes as they come, but for the last chunk, which is held back until the digest of the whole is right: a
 * reader never gets a complete wrong answer, and nothing at all of a wrong blob that is one chunk. Throws
 * `blob_damaged`.
 */
export async function* verifiedChunks(
  engine: Blake3Engine,
  address: ContentAddress,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hasher = engine.create();
  let held: Uint8Array | undefined;
  for await (const chunk of body) {
    if (chunk.length === 0) continue;
    if (held !== undefined) yield held;
    hasher.update(chunk);
    // A store may use its buffer again for the next chunk.
    held = chunk.slice();
  }
  const found = contentAddress(hasher.digest());
  if (found !== address) {
    throw new ArtifactstoreError("blob_damaged", `Cannot read blob "${address}": its BLAKE3 is ${found}`);
  }
  if (held !== undefined) yield held;
}
