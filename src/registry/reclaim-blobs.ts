import type { ContentAddress } from "../core/content-address.ts";
import { isArtifactstoreError } from "../core/errors.ts";
import { acquireDeleteLease, releaseLease, renewLeases, unleasedOf } from "../db/leases.ts";
import { lockLog } from "../db/lock-log.ts";
import type { DatabaseWriter } from "../db/registry-database.ts";
import type { BlobEntry, StorageBackend } from "../storage/blob-store.ts";
import { findReferenced } from "../views/query-blobs.ts";
import { iterateReferences } from "./iterate-references.ts";
import { joinBlobs } from "./join-blobs.ts";
import { LEASE_MS } from "./lease-keeper.ts";
import { ReclaimFailures } from "./reclaim-failures.ts";
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
 * A `use` row that a power cut of the database took (its commit need not reach the disk) is as one that was removed.
 * So nothing is lost, whatever the clocks say and whoever is suspended for however long between two steps: an expiry
 * decides only who has to begin again. Within D2 the check and the deletion cannot be torn apart, because the lock
 * ends with the transaction. The lease is there for what the lock cannot give: a database server that gives a lost
 * client's lock to others while that client's last deletion is still on its way, and a batch that is long enough to
 * let writers in between its steps.
 *
 * A `use` lease protects its addresses on all backends, a reference on the backend that it names.
 *
 * On a full disk no lease can be written. An embedded database's lock ends only with its transaction or its process,
 * and a transaction that writes nothing needs no room; so there D takes one step for a few blobs: in a transaction
 * that holds the log's lock, it deletes those on which there is no lease and no reference (D1 and D2 in one). Before
 * U1, U2 finds the blob absent; between U1 and U3, D saw the row; after U3, D saw the reference.
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
  /** Takes what could not be removed; without it, that is thrown. */
  readonly failures?: ReclaimFailures;
}

/**
 * Deletes the blobs of one backend that nothing refers to, nobody has leased, and that are older than the grace. The
 * caller has found that the backend is this registry's, and that its views are what the log says.
 *
 * Works on a full disk, too: what cannot be deleted for want of room is tried again after all the rest.
 */
export async function reclaimBlobs(
  context: RegistryContext,
  backend: StorageBackend,
  options: ReclaimBlobsOptions = {},
): Promise<ReclaimedBlobs> {
  const failures = options.failures ?? new ReclaimFailures();
  const reclaimer = new BlobReclaimer(context, backend, failures);
  try {
    let batch: Candidate[] = [];
    const entries = listed(backend, failures);
    for await (const { reference, entry } of joinBlobs(iterateReferences(context, backend.id), entries)) {
      options.signal?.throwIfAborted();
      if (reference !== undefined || entry === undefined) continue;
      if (!isPastGrace(entry.modifiedAt, context.clock(), context.orphanGraceMs)) continue;
      batch.push({ address: entry.address, size: entry.size });
      if (batch.length < LEASE_BATCH) continue;
      await reclaimer.reclaim(batch);
      batch = [];
    }
    if (batch.length > 0) await reclaimer.reclaim(batch);
    await reclaimer.retry();
  } catch (error) {
    options.signal?.throwIfAborted();
    failures.add(error, 0);
  }
  if (options.failures === undefined) failures.throwFirst();
  return reclaimer.reclaimed;
}

/** A damaged store lists what it can: each of that may go, for it is referred to by nothing. */
async function* listed(backend: StorageBackend, failures: ReclaimFailures): AsyncGenerator<BlobEntry> {
  try {
    yield* backend.blobs.list();
  } catch (error) {
    failures.add(error, 0);
  }
}

class BlobReclaimer {
  readonly reclaimed: ReclaimedBlobs = { count: 0, sizeBytes: 0 };
  readonly #context: RegistryContext;
  readonly #backend: StorageBackend;
  readonly #failures: ReclaimFailures;
  /** What there was no room to delete. */
  #postponed: Candidate[] = [];
  #retrying = false;

  constructor(context: RegistryContext, backend: StorageBackend, failures: ReclaimFailures) {
    this.#context = context;
    this.#backend = backend;
    this.#failures = failures;
  }

  async reclaim(batch: readonly Candidate[]): Promise<void> {
    try {
      await this.#underLease(batch);
    } catch (error) {
      if (!isArtifactstoreError(error, "storage_full")) throw error;
      if (this.#context.database.dialect.name !== "sqlite") throw error;
      await this.#underLock(batch);
    }
  }

  /** What was postponed, now that the rest is gone. */
  async retry(): Promise<void> {
    this.#retrying = true;
    const again = this.#postponed;
    for (let at = 0; at < again.length; at += LEASE_BATCH) {
      await this.reclaim(again.slice(at, at + LEASE_BATCH));
    }
  }

  async #underLease(batch: readonly Candidate[]): Promise<void> {
    const { database, clock, holder, newId } = this.#context;
    const id = newId();
    const addresses = batch.map(({ address }) => address);
    const request = { id, holder, addresses, now: clock(), durationMs: LEASE_MS };
    const granted = await database.write((writer) =>
      acquireDeleteLease(writer, request, (some) => findReferenced(writer, this.#backend.id, some)),
    );
    if (granted.length === 0) return;
    const left = candidatesOf(batch, granted);
    try {
      while (left.length > 0) {
        const tried = await database.write(async (writer) => {
          await lockLog(writer);
          if ((await renewLeases(writer, [id], clock(), LEASE_MS)) === 0) return undefined;
          return await this.#deleteSome(left);
        });
        // The lease is lost: what is left of the batch is no longer ours to delete.
        if (tried === undefined) return;
        left.splice(0, tried);
      }
    } finally {
      await this.#release(id);
    }
  }

  /** A lease that there is no room to remove ends by itself. */
  async #release(id: string): Promise<void> {
    try {
      await this.#context.database.write((writer) => releaseLease(writer, id));
    } catch (error) {
      if (!isArtifactstoreError(error, "storage_full")) throw error;
    }
  }

  async #underLock(batch: readonly Candidate[]): Promise<void> {
    const left = [...batch];
    while (left.length > 0) {
      const tried = await this.#context.database.write(async (writer) => {
        await lockLog(writer);
        const some = left.slice(0, LOCKED_BATCH);
        const free = candidatesOf(some, await this.#unused(writer, some));
        const deleted = await this.#deleteSome(free);
        const next = free[deleted];
        return next === undefined ? some.length : some.indexOf(next);
      });
      left.splice(0, tried);
    }
  }

  async #unused(writer: DatabaseWriter, some: readonly Candidate[]): Promise<ContentAddress[]> {
    const unleased = await unleasedOf(
      writer,
      some.map(({ address }) => address),
    );
    const referenced = await findReferenced(writer, this.#backend.id, unleased);
    return unleased.filter((address) => !referenced.has(address));
  }

  /** Deletes the first few, within a transaction that holds the log's lock; answers how many were tried. */
  async #deleteSome(candidates: readonly Candidate[]): Promise<number> {
    const { clock } = this.#context;
    const startedAt = clock();
    let tried = 0;
    for (const candidate of candidates.slice(0, LOCKED_BATCH)) {
      if (tried > 0 && clock() - startedAt >= LOCKED_MS) break;
      tried += 1;
      await this.#delete(candidate);
    }
    return tried;
  }

  async #delete(candidate: Candidate): Promise<void> {
    const { clock, orphanGraceMs } = this.#context;
    const { blobs } = this.#backend;
    try {
      // Between the list and the lease somebody may have stored it anew, and died before recording it.
      const stat = await blobs.stat(candidate.address);
      if (stat === undefined || !isPastGrace(stat.modifiedAt, clock(), orphanGraceMs)) return;
      if (!(await blobs.delete(candidate.address))) return;
      this.reclaimed.count += 1;
      this.reclaimed.sizeBytes += candidate.size;
    } catch (error) {
      if (!this.#retrying && isArtifactstoreError(error, "storage_full")) this.#postponed.push(candidate);
      else this.#failures.add(error, 1);
    }
  }
}

function candidatesOf(batch: readonly Candidate[], addresses: readonly ContentAddress[]): Candidate[] {
  const wanted = new Set(addresses);
  return batch.filter(({ address }) => wanted.has(address));
}
