import type { BlobEntry } from "../storage/blob-store.ts";
import type { ReferencedBlob } from "../views/query-blobs.ts";

/** One address that is referenced, or listed by the store, or both. */
export interface JoinedBlob {
  readonly reference: ReferencedBlob | undefined;
  readonly entry: BlobEntry | undefined;
}

/** Merges what must be there with what is there. Both come in order of address, each address once. */
export async function* joinBlobs(
  references: AsyncIterator<ReferencedBlob>,
  entries: AsyncIterator<BlobEntry>,
): AsyncGenerator<JoinedBlob> {
  let left = await references.next();
  let right = await entries.next();
  while (left.done !== true || right.done !== true) {
    const reference = left.done === true ? undefined : left.value;
    const entry = right.done === true ? undefined : right.value;
    const takesReference =
      reference !== undefined && (entry === undefined || reference.content_address <= entry.address);
    const takesEntry =
      entry !== undefined && (reference === undefined || entry.address <= reference.content_address);
    yield { reference: takesReference ? reference : undefined, entry: takesEntry ? entry : undefined };
    if (takesReference) left = await references.next();
    if (takesEntry) right = await entries.next();
  }
}
