import type { ContentAddress } from "../core/content-address.ts";
import { acquireDeleteLease, releaseLease, renewLeases } from "../db/leases.ts";
import { lockLog } from "../db/lock-log.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { findReferenced } from "../views/query-blobs.ts";
import { iterateReferences } from "./iterate-references.ts";
import { joinBlobs } from "./join-blobs.ts";
import { LEASE_MS } from "./lease-keeper.ts";
import type { RegistryContext } from "./registry-context.ts";
import { isPastGrace } from "./unreferenced-tally.ts";

/*
 * Why an ingest that re-uses an old orphan can never lose it.
 *
 * The ingest (U), per group of files:
 *   U1  takes a `use` lease on the addresses: a transaction that holds the log's lock;
 *   U2  stores the blobs; one that is there already at its right size is left as it is, however old;
 *   U3  in one transaction that holds the log's lock removes its lease row and appends the events that refer to the
 *       blobs. If the row is gone the transaction is undone, and the ingest begins again at U1, storing what is
 *       missing.
 * This file (D), per batch of candidates:
 *   D1  takes a `delete` lease: a transaction that holds the log's lock grants it only for addresses with no lease of
 *       either kind on them, and no live location on this backend;
 *   D2  deletes a few blobs in a transaction that holds the log's lock and has found D's lease row still there;
 *   D3  removes its lease row.
 * U1, U3, D1 and each D2 hold one lock, so they happen in some order. Take one blob, an ingest's last round U1, U2, U3,
 * the one that succeeds, and a D2 that deletes the blob.
 *   - D2 before U1: U2 finds the blob absent, and stores it.
 *   - D2 after U1, and its D1 after U3: D1 saw the reference, and did not grant.
 *   - D2 after U1, and its D1 between U1 and U3: D1 saw the `use` row, and did not grant; had it taken the row for
 *     expired and removed it, U3 would have failed.
 *   - D2 after U1, and its D1 before U1: U1 saw the `delete` row, and was refused; had it taken the row for expired and
 *     removed it, D2 would not have found it.
 * So nothing is lost, whatever the clocks say and whoever is suspended for however long between two steps: an expiry
 * decides only who has to begin again. Within D2 the check and the deletion cannot be torn apart, because the lock
 * ends with the transaction. The lease is there for what the lock cannot give: a database server that gives a lost
 * client's lock to others while that client's last deletion is still on its way, and a batch that is long enough to
 * let writers in between its steps.
 *
 * A `use` lease protects its addresses on all backends, a reference on the backend that it names.
 */

/** Blobs that one lease covers. Count. */
const LEASE_BATCH = 1_000;

/** Blobs deleted while the log's lock is held once; writers wait so long. Count. */
const LOCKED_BATCH = 64;

/** Further blobs wait for the next turn once one has taken so long. Milliseconds. */
const LOCKED_MS = 500;

export interface ReclaimedBlobs {
  count: number;
  /** Bytes. */
  sizeBytes: number;
}

interface Candidate {
  readonly address: ContentAddress;
  /** Bytes. */
  readonly size: number;
}

export interface ReclaimBlobsOptions {
  readonly signal?: AbortSignal;
}

/**
 * Deletes the blobs of one backend that nothing refers to, nobody has leased, and that are older than the grace. The
 * caller has found that the backend is this registry's, and that its views are what the log says.
 */
export async function reclaimBlobs(
  context: RegistryContext,
  backend: StorageBackend,
  options: ReclaimBlobsOptions = {},
): Promise<ReclaimedBlobs> {
  const reclaimed: ReclaimedBlobs = { count: 0, sizeBytes: 0 };
  let batch: Candidate[] = [];
  const entries = backend.blobs.list()[Symbol.asyncIterator]();
  for await (const { reference, entry } of joinBlobs(iterateReferences(context, backend.id), entries)) {
    options.signal?.throwIfAborted();
    if (reference !== undefined || entry === undefined) continue;
    if (!isPastGrace(entry.modifiedAt, context.clock(), context.orphanGraceMs)) continue;
    batch.push({ address: entry.address, size: entry.size });
    if (batch.length < LEASE_BATCH) continue;
    await reclaimBatch(context, backend, batch, reclaimed);
    batch = [];
  }
  if (batch.length > 0) await reclaimBatch(context, backend, batch, reclaimed);
  return reclaimed;
}

async function reclaimBatch(
  context: RegistryContext,
  backend: StorageBackend,
  batch: readonly Candidate[],
  reclaimed: ReclaimedBlobs,
): Promise<void> {
  const { database, clock } = context;
  const id = context.newId();
  const granted = await database.write((writer) =>
    acquireDeleteLease(
      writer,
      {
        id,
        holder: context.holder,
        addresses: batch.map(({ address }) => address),
        now: clock(),
        durationMs: LEASE_MS,
      },
      (addresses) => findReferenced(writer, backend.id, addresses),
    ),
  );
  if (granted.length === 0) return;
  const sizes = new Map(batch.map(({ address, size }) => [address, size]));
  try {
    for (let at = 0; at < granted.length; ) {
      const deleted = await deleteWhileLocked(context, backend, id, granted.slice(at, at + LOCKED_BATCH));
      // The lease is lost: what is left of the batch is no longer ours to delete.
      if (deleted === undefined) return;
      at += deleted.tried;
      for (const address of deleted.gone) {
        reclaimed.count += 1;
        reclaimed.sizeBytes += sizes.get(address) ?? 0;
      }
    }
  } finally {
    await database.write((writer) => releaseLease(writer, id));
  }
}

/** Step D2. `undefined` if the lease is lost. */
async function deleteWhileLocked(
  context: RegistryContext,
  backend: StorageBackend,
  leaseId: string,
  addresses: readonly ContentAddress[],
): Promise<{ readonly tried: number; readonly gone: readonly ContentAddress[] } | undefined> {
  const { database, clock, orphanGraceMs } = context;
  return await database.write(async (writer) => {
    await lockLog(writer);
    const startedAt = clock();
    if ((await renewLeases(writer, [leaseId], startedAt, LEASE_MS)) === 0) return undefined;
    const gone: ContentAddress[] = [];
    let tried = 0;
    for (const address of addresses) {
      if (tried > 0 && clock() - startedAt >= LOCKED_MS) break;
      tried += 1;
      // Between the list and the lease somebody may have stored it anew, and died before recording it.
      const stat = await backend.blobs.stat(address);
      if (stat === undefined || !isPastGrace(stat.modifiedAt, clock(), orphanGraceMs)) continue;
      if (await backend.blobs.delete(address)) gone.push(address);
    }
    return { tried, gone };
  });
}
