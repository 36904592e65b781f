import type { ContentAddress } from "../core/content-address.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import { readUnits } from "../dataplane/read-units.ts";
import { type SourceFile, sourceChanged } from "../dataplane/source-file.ts";
import { removeQuietly, storeBlobs } from "../dataplane/store-blobs.ts";
import type { BlobStat, StorageBackend } from "../storage/blob-store.ts";
import { chooseAdoption } from "./choose-adoption.ts";
import type { RegistryContext } from "./registry-context.ts";

/** How many addresses are asked for at once where a store answers many together. */
const STAT_BATCH = 4_096;

interface Sized {
  /** Bytes. */
  readonly sizeBytes: number;
}

/** A source and the blob that it must be. */
export type ExpectedBlob<Source extends Sized = SourceFile> = readonly [Source, ContentAddress];

/**
 * Makes sure that every target holds every blob at its right size, storing from the source what is missing or short.
 * The caller holds a lease, or a live location protects the blobs. Answers what had to be stored.
 */
export async function ensureStored<Source extends SourceFile>(
  context: RegistryContext,
  targets: readonly StorageBackend[],
  expected: readonly ExpectedBlob<Source>[],
): Promise<{ readonly source: Source; readonly target: StorageBackend }[]> {
  const restored: { source: Source; target: StorageBackend }[] = [];
  for (const target of targets) {
    const missing = await missingFrom(target, expected);
    if (missing.length === 0) continue;
    await storeAgain(context, target, missing);
    restored.push(...missing.map(([source]) => ({ source, target })));
  }
  return restored;
}

/** Those that the target does not hold at their size. */
export async function missingFrom<Source extends Sized>(
  target: StorageBackend,
  expected: readonly ExpectedBlob<Source>[],
): Promise<ExpectedBlob<Source>[]> {
  const missing: ExpectedBlob<Source>[] = [];
  for (let start = 0; start < expected.length; start += STAT_BATCH) {
    const batch = expected.slice(start, start + STAT_BATCH);
    const stats = await statAll(
      target,
      batch.map(([, address]) => address),
    );
    batch.forEach((entry, index) => {
      if (stats[index]?.size !== entry[0].sizeBytes) missing.push(entry);
    });
  }
  return missing;
}

async function statAll(
  target: StorageBackend,
  addresses: readonly ContentAddress[],
): Promise<readonly (BlobStat | undefined)[]> {
  if (target.bulkStat !== undefined) return target.bulkStat.statMany(addresses);
  const stats: (BlobStat | undefined)[] = [];
  for (const address of addresses) stats.push(await target.blobs.stat(address));
  return stats;
}

async function storeAgain<Source extends SourceFile>(
  context: RegistryContext,
  target: StorageBackend,
  missing: readonly ExpectedBlob<Source>[],
): Promise<void> {
  const adoption = chooseAdoption(context, [target]);
  const addressOf = new Map(missing);
  const sources = missing.map(([source]) => source);
  const options = {
    smallMaxBytes: adoption.smallMaxBytes,
    wanted: () => true,
    temporaryPath: adoption.temporaryPath,
  };
  for await (const read of readUnits(context.threads, sources, options, removeQuietly)) {
    const group = read.files;
    const changed = group.find(({ source, address }) => addressOf.get(source) !== address);
    if (changed !== undefined) {
      for (const { temporaryPath } of group) if (temporaryPath !== undefined) removeQuietly(temporaryPath);
      throw sourceChanged(
        changed.source,
        `is not ${quoteForTerminal(addressOf.get(changed.source) ?? "")} any more`,
      );
    }
    const ready = group.map((file) => ({ ...file, sizeBytes: file.source.sizeBytes }));
    await storeBlobs(ready, [target], adoption.adopter);
    read.release();
  }
}
