import type { BlobEntry, PackingOptions, PackingReport } from "../blob-store.ts";
import { packedAnswer } from "./find.ts";
import { packedBytes } from "./get.ts";
import { UNPACK_BATCH_BLOBS } from "./limits.ts";
import { packedEntries } from "./list.ts";
import { totals } from "./pack.ts";
import type { LocalParts } from "./parts.ts";
import { writePlain } from "./plain-put.ts";

/**
 * Moves every blob of the container out. Order, a batch at a time: all files and their names durable, then the rows go
 * in one transaction. Rows that cannot be read stay; after all others have moved, the damage is thrown.
 */
export async function unpackBlobs(parts: LocalParts, options: PackingOptions): Promise<PackingReport> {
  let report: PackingReport = { movedCount: 0, movedBytes: 0 };
  let damage: unknown;
  let batch: BlobEntry[] = [];
  const move = async () => {
    const results = await Promise.allSettled(batch.map((entry) => writeOut(parts, entry)));
    const moved = results.map((result) => (result.status === "fulfilled" ? result.value : undefined));
    await Promise.all(
      moved.map((entry) => (entry === undefined ? undefined : parts.queue.remove(entry.address))),
    );
    report = totals(report, moved);
    options.onProgress?.(report);
    batch = [];
    damage ??= results.find((result) => result.status === "rejected")?.reason;
  };
  const entries = packedEntries(parts, {});
  let next = entries.next();
  for (; next.done !== true; next = entries.next()) {
    options.signal?.throwIfAborted();
    batch.push(next.value);
    if (batch.length === UNPACK_BATCH_BLOBS) await move();
  }
  if (batch.length > 0) await move();
  damage ??= next.value;
  if (damage !== undefined) throw damage;
  return report;
}

/** `undefined` if the row went away meanwhile. */
async function writeOut(parts: LocalParts, entry: BlobEntry): Promise<BlobEntry | undefined> {
  const { address } = entry;
  const bytes = packedAnswer(parts, address, (container) => packedBytes(container, address));
  if (bytes === undefined) return undefined;
  await writePlain(parts, address, bytes, { size: bytes.length });
  return entry;
}
