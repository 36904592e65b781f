import { type ContentAddress, contentAddress } from "../core/content-address.ts";
import type { Blake3Engine } from "../core/digest.ts";
import { ArtifactstoreError } from "../core/errors.ts";

/** Opens one copy of a blob from an offset to its end; throws what keeps it from being read. Bytes. */
export type OpenCopy = (start: number) => Promise<AsyncIterable<Uint8Array>>;

/**
 * A blob's bytes as they come, but for the last chunk, which is held back until the digest of the whole is right: a
 * reader never gets a complete wrong answer, and nothing at all of a wrong blob that is one chunk. A copy that cannot
 * be read to its end is followed by the next one from the same offset: what is hashed so far is the same in every good
 * copy, and if it was not, the digest tells. Throws `blob_damaged`; what the last copy threw.
 *
 * @param copies in the order to try them, opened one at a time
 */
export async function* verifiedChunks(
  engine: Blake3Engine,
  address: ContentAddress,
  copies: AsyncIterable<OpenCopy> | Iterable<OpenCopy>,
): AsyncGenerator<Uint8Array> {
  const hasher = engine.create();
  let held: Uint8Array | undefined;
  let hashedBytes = 0;
  let failure: { readonly error: unknown } | undefined;
  for await (const open of copies) {
    failure = undefined;
    try {
      for await (const chunk of await open(hashedBytes)) {
        if (chunk.length === 0) continue;
        if (held !== undefined) yield held;
        hasher.update(chunk);
        hashedBytes += chunk.length;
        // A store may use its buffer again for the next chunk.
        held = chunk.slice();
      }
      break;
    } catch (error) {
      failure = { error };
    }
  }
  if (failure !== undefined) throw failure.error;
  const found = contentAddress(hasher.digest());
  if (found !== address) {
    throw new ArtifactstoreError("blob_damaged", `Cannot read blob "${address}": its BLAKE3 is ${found}`);
  }
  if (held !== undefined) yield held;
}
