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

interface Change {
  readonly address: ContentAddress;
  /** Absent: the blob is to be removed. */
  readonly bytes: Uint8Array | undefined;
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

  async insert(address: ContentAddress, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#add({ address, bytes, signal, settled: Promise.withResolvers() });
  }

  /** Answers whether there was one. */
  remove(address: ContentAddress): Promise<boolean> {
    return this.#add({ address, bytes: undefined, signal: undefined, settled: Promise.withResolvers() });
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

  #take(): Change[] {
    let count = 0;
    let bytes = 0;
    for (const change of this.#waiting) {
      bytes += change.bytes?.length ?? 0;
      if (count > 0 && (count === COMMIT_BLOBS_MAX || bytes > COMMIT_BYTES_MAX)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /**
   * By the thread, where that pays. Answers false if the batch is still to be committed: nothing of it is in the
   * container then, or all of it is and its answer was lost, and committing it again changes nothing.
   */
  async #commitElsewhere(batch: readonly Change[]): Promise<boolean> {
    if (this.#thread === undefined || batch.length < THREAD_BLOBS_MIN) return false;
    const blobs: BatchedBlob[] = [];
    for (const { address, bytes, signal } of inOrderOfAddress(batch)) {
      if (bytes === undefined || signal?.aborted === true) return false;
      blobs.push({ address, bytes });
    }
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
      for (const change of inOrderOfAddress(batch)) {
        if (change.signal?.aborted === true) {
          change.settled.reject(change.signal.reason);
          continue;
        }
        if (change.bytes === undefined) {
          const existed = connection.remove(change.address);
          removed ||= existed;
          answers.push([change, existed]);
        } else {
          connection.insert(change.address, change.bytes, storedAt);
          answers.push([change, true]);
        }
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

/** Neighbours in the index are written together. Sorting is stable: changes of one address keep their order. */
function inOrderOfAddress(batch: readonly Change[]): Change[] {
  return batch.toSorted((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
}

function failureOf(change: Change, error: unknown): ArtifactstoreError {
  const verb = change.bytes === undefined ? "delete" : "store";
  return storageFailure(`${verb} blob "${change.address}" in the container`, error);
}
