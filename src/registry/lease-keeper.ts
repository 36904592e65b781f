import { setTimeout as sleep } from "node:timers/promises";
import type { ContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { acquireUseLease, releaseLease, renewLeases } from "../db/leases.ts";
import type { DatabaseWriter, WriteOptions } from "../db/registry-database.ts";
import { writeTogether } from "../db/write-together.ts";
import type { RegistryContext } from "./registry-context.ts";

/** A lease that nobody renews is void after this: its holder died. Milliseconds. */
export const LEASE_MS = 120_000;

/** How long a writer waits for a deletion that is under way on one of its blobs. Milliseconds. */
const BUSY_WAIT_MS = 30_000;
const BUSY_POLL_MS = 50;

/**
 * A power cut ends the holder too; where only the database's host loses power, the lease is found lost when it is to be
 * released, and what it was for begins again.
 */
const PASSING: WriteOptions = { isPassing: true };

/**
 * The leases of one writer. Whoever is about to rely on blobs, new or already there, first holds a lease on them;
 * collection and `doctor --fix` take a lease of the other kind before they delete, and neither is given while the
 * other is held. A lease ends in the very transaction that records the events which name the blobs: from then on the
 * log protects them. One that expired meanwhile (a suspended process) is noticed in that transaction, and the blobs
 * are stored again.
 */
export class LeaseKeeper {
  readonly #context: RegistryContext;
  readonly #held = new Set<string>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  /**
   * Takes a lease inside a transaction of the caller. Throws `blob_busy` while one of the blobs is being deleted;
   * see `whileBusy`.
   */
  async acquire(writer: DatabaseWriter, addresses: readonly ContentAddress[]): Promise<string> {
    const id = this.#context.newId();
    const conflicts = await acquireUseLease(writer, {
      id,
      holder: this.#context.holder,
      addresses,
      now: this.#context.clock(),
      durationMs: LEASE_MS,
    });
    if (conflicts.length > 0) {
      throw new ArtifactstoreError("blob_busy", `Cannot use blob "${conflicts[0]}": it is being deleted`);
    }
    this.#held.add(id);
    this.#timer ??= this.#startHeartbeat();
    return id;
  }

  /** Takes a lease in a transaction of its own, waiting for deletions that are under way, within a bound. */
  take(addresses: readonly ContentAddress[]): Promise<string> {
    const { clock, database } = this.#context;
    return whileBusy(clock, () =>
      writeTogether(database, (writer) => this.acquire(writer, addresses), PASSING),
    );
  }

  /** Ends a lease in the transaction that records what it was for. Answers false if it had expired. */
  release(writer: DatabaseWriter, id: string): Promise<boolean> {
    return releaseLease(writer, id);
  }

  /** After that transaction has committed: nothing is left to renew. */
  forget(id: string): void {
    this.#held.delete(id);
    if (this.#held.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Ends every lease that is left, after a failure. */
  async close(): Promise<void> {
    const left = [...this.#held];
    for (const id of left) this.forget(id);
    if (left.length === 0) return;
    await writeTogether(
      this.#context.database,
      async (writer) => {
        for (const id of left) await releaseLease(writer, id);
      },
      PASSING,
    );
  }

  #startHeartbeat(): ReturnType<typeof setInterval> {
    const timer = setInterval(() => {
      const { database, clock } = this.#context;
      const held = [...this.#held];
      // A failed renewal needs no handling here: a lease that expires is noticed when it is released.
      writeTogether(database, (writer) => renewLeases(writer, held, clock(), LEASE_MS), PASSING).catch(
        () => undefined,
      );
    }, LEASE_MS / 4);
    timer.unref();
    return timer;
  }
}

/** Repeats a transaction for as long as it meets a blob that is being deleted, within a bound. */
export async function whileBusy<T>(clock: () => number, work: () => Promise<T>): Promise<T> {
  const until = clock() + BUSY_WAIT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const busy = error instanceof ArtifactstoreError && error.code === "blob_busy";
      if (!busy || clock() >= until) throw error;
      await sleep(BUSY_POLL_MS);
    }
  }
}
