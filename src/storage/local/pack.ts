import type { ContentAddress } from "../../core/content-address.ts";
import type { PackingOptions, PackingReport } from "../blob-store.ts";
import { removePlain } from "./delete.ts";
import { COMMIT_BLOBS_MAX, COMMIT_BYTES_MAX } from "./limits.ts";
import type { LocalParts } from "./parts.ts";
import { readPlain } from "./plain-read.ts";
import { plainEntries } from "./plain-walk.ts";

/**
 * Moves plain blobs that are small enough into the container. Order, a batch at a time: all rows committed (durable),
 * then the files go. In between a blob is in both places with the same bytes, which reading and writing both take.
 */
export async function packBlobs(parts: LocalParts, options: PackingOptions): Promise<PackingReport> {
  let report: PackingReport = { movedCount: 0, movedBytes: 0 };
  let batch: ContentAddress[] = [];
  let batchBytes = 0;
  const move = async () => {
    const moved = await Promise.all(batch.map((address) => packOne(parts, address)));
    await Promise.all(moved.map((one) => (one === undefined ? undefined : removePlain(parts, one.address))));
    report = totals(report, moved);
    options.onProgress?.(report);
    batch = [];
    batchBytes = 0;
  };
  for await (const { address, size } of plainEntries(parts, undefined)) {
    options.signal?.throwIfAborted();
    if (size > parts.packMaxBytes) continue;
    batch.push(address);
    batchBytes += size;
    if (batch.length >= COMMIT_BLOBS_MAX || batchBytes >= COMMIT_BYTES_MAX) await move();
  }
  if (batch.length > 0) await move();
  return report;
}

interface Moved {
  readonly address: ContentAddress;
  readonly size: number;
}

/** Copies one blob into the container, durably; `undefined` if it went away or grew meanwhile. */
async function packOne(parts: LocalParts, address: ContentAddress): Promise<Moved | undefined> {
  const bytes = await parts.writes.run(() => readWhole(parts, address));
  if (bytes === undefined || bytes.length > parts.packMaxBytes) return undefined;
  await parts.queue.insert([{ address, bytes }]);
  return { address, size: bytes.length };
}

async function readWhole(parts: LocalParts, address: ContentAddress): Promise<Uint8Array | undefined> {
  const chunks = await readPlain(parts, address, {});
  if (chunks === undefined) return undefined;
  for await (const chunk of chunks) return chunk;
  return new Uint8Array(0);
}

export function totals(before: PackingReport, moved: readonly (Moved | undefined)[]): PackingReport {
  let { movedCount, movedBytes } = before;
  for (const one of moved) {
    if (one === undefined) continue;
    movedCount += 1;
    movedBytes += one.size;
  }
  return { movedCount, movedBytes };
}
