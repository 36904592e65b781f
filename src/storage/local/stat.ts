import type { ContentAddress } from "../../core/content-address.ts";
import type { BlobStat } from "../blob-store.ts";
import { attempt, attemptNow } from "./failure.ts";
import type { FileFacts } from "./file-system.ts";
import { findBlob, plainFacts, regular } from "./find.ts";
import { STAT_MANY_BATCH } from "./limits.ts";
import type { LocalParts } from "./parts.ts";
import { blobPath } from "./paths.ts";

export function statBlob(parts: LocalParts, address: ContentAddress): Promise<BlobStat | undefined> {
  return findBlob(
    parts,
    address,
    (container) => container.stat(address),
    () => attempt(`look up blob "${address}"`, async () => plainStat(await plainFacts(parts, address))),
  );
}

/** One transaction for a batch of lookups; then other work gets its turn. */
export async function statManyBlobs(
  parts: LocalParts,
  addresses: readonly ContentAddress[],
): Promise<(BlobStat | undefined)[]> {
  const answers: (BlobStat | undefined)[] = [];
  for (let at = 0; at < addresses.length; at += STAT_MANY_BATCH) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    const batch = addresses.slice(at, at + STAT_MANY_BATCH);
    const found = packedStats(parts, batch) ?? [];
    for (const [index, address] of batch.entries()) found[index] ??= plainStatNow(parts, address);
    const missed = batch.filter((_, index) => found[index] === undefined);
    if (missed.length > 0) {
      // Absent in both places, or moved between the two questions, or hidden by damage: one more look at the
      // container tells, for all at once, and singly, by name, where even that fails.
      const again =
        packedStats(parts, missed) ?? (await Promise.all(missed.map((one) => statBlob(parts, one))));
      let next = 0;
      for (let index = 0; index < batch.length; index += 1)
        if (found[index] === undefined) found[index] = again[next++];
    }
    for (let index = 0; index < batch.length; index += 1) answers.push(found[index]);
  }
  return answers;
}

/** What the container says of each; `undefined` if it cannot be read everywhere. */
function packedStats(
  parts: LocalParts,
  addresses: readonly ContentAddress[],
): (BlobStat | undefined)[] | undefined {
  try {
    const container = parts.container.forReading();
    if (container === undefined) return new Array<undefined>(addresses.length).fill(undefined);
    container.beginRead();
    try {
      return addresses.map((address) => container.stat(address));
    } finally {
      container.rollback();
    }
  } catch {
    return undefined;
  }
}

function plainStatNow(parts: LocalParts, address: ContentAddress): BlobStat | undefined {
  return attemptNow(`look up blob "${address}"`, () =>
    plainStat(regular(address, parts.fileSystem.look.factsNow(blobPath(parts.root, address)))),
  );
}

export function plainStat(facts: FileFacts | undefined): BlobStat | undefined {
  return facts === undefined ? undefined : { size: facts.size, modifiedAt: facts.modifiedAt, form: "file" };
}
