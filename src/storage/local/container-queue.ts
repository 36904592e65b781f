import { setTimeout as sleep } from "node:timers/promises";
import type { ContentAddress } from "../../core/content-address.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import type { Container } from "./container.ts";
import { type BatchedBlob, packBatch } from "./container-batch.ts";
import type { ContainerConnection } from "./container-connection.ts";
import type { ContainerThread } from "./container-thread.ts";
import { storageFailure } from "./failure.ts";
import {
  COMMIT_BLOBS_MAX,
  COMMIT_BYTES_MAX,
  CONTAINER_WRITE_PAUSE_MS,
  CONTAINER_WRITE_WAIT_MS,
  FREE_PAGES_KEPT,
  THREAD_BLOBS_MIN,
} from "./limits.ts";
import { sqliteFailureKind } from "./sqlite-failure.ts";

/** Blobs to store, or one to remove: all of it in one transaction. */
interface Change {
  readonly inserted: readonly BatchedBlob[];
  readonly removed: ContentAddress | undefined;
  readonly signal: AbortSignal | undefined;
  readonly settled: PromiseWithResolvers<boolean>;
}

/**
 * Changes of the container, many to a transaction: the fsync of a commit costs the same for one blob and for a
 * thousand. Changes that arrive while a transaction runs share the next one. Each resolves only after its commit.
 */
export class ContainerQueue {
  readonly #container: Container;
  readonly #clock: () => number;
  readonly #thread: ContainerThread | undefined;
  #waiting: Change[] = [];
  #running: Promise<void> | undefined;

  /** @param thread takes large batches, if there is one */
  constructor(container: Container, clock: () => number, thread?: ContainerThread) {
    this.#container = container;
    this.#clock = clock;
    this.#thread = thread;
  }

  /** All of them or none. */
  async insert(blobs: readonly BatchedBlob[], signal?: AbortSignal): Promise<void> {
    await this.#add({ inserted: blobs, removed: undefined, signal, settled: Promise.withResolvers() });
  }

  /** Answers whether there was one. */
  remove(address: ContentAddress): Promise<boolean> {
    const settled = Promise.withResolvers<boolean>();
    return this.#add({ inserted: [], removed: address, signal: undefined, settled });
  }

  /** Resolves when no change waits or runs. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #add(change: Change): Promise<boolean> {
    this.#waiting.push(change);
    this.#running ??= this.#run();
    return change.settled.promise;
  }

  async #run(): Promise<void> {
    // One turn of the event loop, so that all who are ready now share the first transaction.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#take();
      try {
        if (!(await this.#commitElsewhere(batch))) await this.#commit(batch);
      } catch (error) {
        for (const change of batch) change.settled.reject(failureOf(change, error));
      }
    }
    this.#running = undefined;
  }

  /** A change alone may hold more than a transaction takes; its maker bounds it. */
  #take(): Change[] {
    let changes = 0;
    let blobs = 0;
    let bytes = 0;
    for (const change of this.#waiting) {
      blobs += Math.max(1, change.inserted.length);
      for (const blob of change.inserted) bytes += blob.bytes.length;
      if (changes > 0 && (blobs > COMMIT_BLOBS_MAX || bytes > COMMIT_BYTES_MAX)) break;
      changes += 1;
    }
    return this.#waiting.splice(0, changes);
  }

  /**
   * By the thread, where that pays. Answers false if the batch is still to be committed: nothing of it is in the
   * container then, or all of it is and its answer was lost, and committing it again changes nothing.
   */
  async #commitElsewhere(batch: readonly Change[]): Promise<boolean> {
    if (this.#thread === undefined) return false;
    if (batch.some(({ removed, signal }) => removed !== undefined || signal?.aborted === true)) return false;
    const blobs = inOrderOfAddress(batch.flatMap(({ inserted }) => inserted));
    if (blobs.length < THREAD_BLOBS_MIN) return false;
    // Makes the container, and opens it here: both are this thread's to do, and to fail at.
    await this.#container.forWriting();
    if (!(await this.#thread.commit(this.#container.path, packBatch(blobs, this.#clock())))) return false;
    for (const change of batch) change.settled.resolve(true);
    return true;
  }

  async #commit(batch: readonly Change[]): Promise<void> {
    const connection = await this.#begin();
    const answers: [Change, boolean][] = [];
    try {
      const storedAt = this.#clock();
      let removed = false;
      for (const change of inOrderOfChanges(batch)) {
        if (change.signal?.aborted === true) {
          change.settled.reject(change.signal.reason);
          continue;
        }
        for (const { address, bytes } of inOrderOfAddress(change.inserted)) {
          connection.insert(address, bytes, storedAt);
        }
        const existed = change.removed === undefined || connection.remove(change.removed);
        removed ||= change.removed !== undefined && existed;
        answers.push([change, existed]);
      }
      if (removed) connection.giveBack(FREE_PAGES_KEPT);
      connection.commit();
    } catch (error) {
      connection.rollback();
      throw error;
    }
    for (const [change, answer] of answers) change.settled.resolve(answer);
  }

  /** Waits its turn among the processes without stopping this one. */
  async #begin(): Promise<ContainerConnection> {
    const deadline = Date.now() + CONTAINER_WRITE_WAIT_MS;
    for (;;) {
      const connection = await this.#container.forWriting();
      try {
        connection.beginWrite();
        return connection;
      } catch (error) {
        if (sqliteFailureKind(error) !== "busy" || Date.now() > deadline) throw error;
      }
      await sleep(1 + Math.random() * CONTAINER_WRITE_PAUSE_MS);
    }
  }
}

/** The container could not take a blob, for a reason that leaves plain files possible: damage, or a failed fsync. */
export function isContainerUnfit(error: unknown): boolean {
  if (!(error instanceof ArtifactstoreError)) return false;
  const kind = sqliteFailureKind(error.cause);
  return kind === "corrupt" || kind === "io" || error.code === "store_damaged";
}

/** Neighbours in the index are written together. */
function inOrderOfAddress(blobs: readonly BatchedBlob[]): readonly BatchedBlob[] {
  if (blobs.length < 2) return blobs;
  return blobs.toSorted((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
}

/** The same for changes of one blob each; sorting is stable, so that those of one address keep their order. */
function inOrderOfChanges(batch: readonly Change[]): readonly Change[] {
  if (batch.some(({ inserted }) => inserted.length > 1)) return batch;
  const address = ({ inserted, removed }: Change) => removed ?? inserted[0]?.address ?? "";
  return batch.toSorted((a, b) => (address(a) < address(b) ? -1 : address(a) > address(b) ? 1 : 0));
}

function failureOf({ inserted, removed }: Change, error: unknown): ArtifactstoreError {
  const [first] = inserted;
  const more = inserted.length > 1 ? ` and ${inserted.length - 1} more` : "";
  const what = removed === undefined ? `store blob "${first?.address}"${more}` : `delete blob "${removed}"`;
  return storageFailure(`${what} in the container`, error);
}
