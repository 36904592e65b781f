import type { ContentAddress } from "../../core/content-address.ts";
import type { BlobEntry } from "../blob-store.ts";
import { BLOBS_PREFIX, objectKey, parseObjectKey } from "../layout.ts";
import { attempt } from "./failure.ts";
import type { LocalParts } from "./parts.ts";
import { blobPath } from "./paths.ts";
import { plainStat } from "./stat.ts";

/**
 * Addresses of plain blobs in order, greater than `after`. At most three directories' names are in memory. Names that
 * are not those of blobs, and blobs in a wrong directory, are passed over: reading would not find them either.
 */
export async function* plainAddresses(
  parts: LocalParts,
  after: ContentAddress | undefined,
): AsyncGenerator<ContentAddress> {
  const start = after === undefined ? "" : objectKey(after);
  const mayHold = (prefix: string) => prefix >= start.slice(0, prefix.length);
  for (const first of await namesIn(parts, BLOBS_PREFIX)) {
    const outer = `${BLOBS_PREFIX}/${first}`;
    if (!mayHold(outer)) continue;
    for (const second of await namesIn(parts, outer)) {
      const inner = `${outer}/${second}`;
      if (!mayHold(inner)) continue;
      for (const name of await namesIn(parts, inner)) {
        const address = parseObjectKey(`${inner}/${name}`);
        if (address !== undefined && (after === undefined || address > after)) yield address;
      }
    }
  }
}

/** The same with size and age. What is no regular file, or went away meanwhile, is passed over. */
export async function* plainEntries(
  parts: LocalParts,
  after: ContentAddress | undefined,
): AsyncGenerator<BlobEntry> {
  for await (const address of plainAddresses(parts, after)) {
    const facts = await attempt(`list blob "${address}"`, () =>
      parts.fileSystem.look.factsNow(blobPath(parts.root, address)),
    );
    const stat = facts?.isFile === true ? plainStat(facts) : undefined;
    if (stat !== undefined) yield { address, ...stat };
  }
}

async function namesIn(parts: LocalParts, key: string): Promise<string[]> {
  const names = await attempt(`list "${key}"`, () => parts.fileSystem.look.names(`${parts.root}/${key}`));
  return names ?? [];
}
