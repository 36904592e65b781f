import type { Worker } from "node:worker_threads";
import type { ContainerBatch } from "./container-batch.ts";
import type { ContainerAnswer, ContainerRequest } from "./serve-container.ts";

/**
 * A thread that commits large batches to the container, so that the thread which owns the store can record one group of
 * blobs while the next is made durable. Only a helper: whatever it cannot do (`false`) the owner does itself.
 */
export class ContainerThread {
  readonly #start: () => Worker;
  readonly #waiting: ((done: boolean) => void)[] = [];
  #worker: Worker | undefined;
  #failed = false;

  /** @param start makes the thread, whose entry calls `serveContainer` */
  constructor(start: () => Worker) {
    this.#start = start;
  }

  /**
   * Resolves to true once the batch is durable in the container at `path`. Never rejects. The batch goes to the thread
   * and is not to be used again.
   */
  commit(path: string, batch: ContainerBatch): Promise<boolean> {
    const { digests, places } = batch;
    return this.#ask({ kind: "commit", path, batch }, [digests.buffer, places.buffer]);
  }

  /** Lets the thread close its connection, then ends it. */
  async close(): Promise<void> {
    if (this.#worker === undefined) return;
    await this.#ask({ kind: "close" });
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #ask(request: ContainerRequest, moved: ArrayBuffer[] = []): Promise<boolean> {
    if (this.#failed) return Promise.resolve(false);
    return new Promise((resolve) => {
      try {
        this.#worker ??= this.#open();
        this.#waiting.push(resolve);
        this.#worker.postMessage(request, moved);
      } catch {
        this.#fail();
        resolve(false);
      }
    });
  }

  /** Answers come in the order of the requests. */
  #open(): Worker {
    const worker = this.#start();
    worker.on("message", ({ done }: ContainerAnswer) => this.#waiting.shift()?.(done));
    worker.on("error", () => this.#fail());
    worker.on("exit", () => this.#fail());
    return worker;
  }

  /** A thread that is no more is not started again: the owner commits by itself from here on. */
  #fail(): void {
    this.#failed = true;
    for (const resolve of this.#waiting.splice(0)) resolve(false);
  }
}
