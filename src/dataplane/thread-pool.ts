import { Worker } from "node:worker_threads";
import { ArtifactstoreError } from "../core/errors.ts";
import { type Blake3Choice, chooseBlake3 } from "./hash-engine.ts";
import { createRingMemory } from "./shared-ring.ts";
import type { SourceFile } from "./source-file.ts";
import { runTask, type TaskFailure, type TaskResult, type ThreadTask } from "./thread-task.ts";
import type { ThreadAnswer } from "./worker.ts";

export interface ThreadPoolOptions {
  /** 0 runs every task in the calling thread. */
  readonly threads: number;
  readonly blake3: Blake3Choice;
}

interface Waiting {
  readonly wanted: number;
  readonly start: (workers: Worker[]) => void;
}

/**
 * A few threads that read, hash and copy whole files. Threads start when they are first needed and live until `close`.
 * Tasks start in the order in which they were given.
 */
export class ThreadPool {
  readonly threads: number;
  readonly #blake3: Blake3Choice;
  readonly #idle: Worker[] = [];
  readonly #all: Worker[] = [];
  readonly #waiting: Waiting[] = [];
  #closed = false;

  constructor(options: ThreadPoolOptions) {
    this.threads = options.threads;
    this.#blake3 = options.blake3;
  }

  /** The same interface without threads: for work that is done before a thread has started. */
  get inline(): ThreadPool {
    return this.threads === 0 ? this : new ThreadPool({ threads: 0, blake3: this.#blake3 });
  }

  async run(task: ThreadTask): Promise<TaskResult> {
    if (this.threads === 0) return runTask(await chooseBlake3(this.#blake3), task);
    const [worker] = await this.#take(1);
    if (worker === undefined) throw closedError();
    return this.#ask(worker, task).then(successOf);
  }

  /**
   * One large file on two threads, a digest each. Both threads are taken at once: two pairs that each held one thread
   * and waited for the other would wait for ever.
   * @returns BLAKE3 and SHA-256, 32 bytes each
   */
  async runPair(
    source: SourceFile,
    temporaryPath: string | undefined,
  ): Promise<{ blake3: Uint8Array; sha256: Uint8Array }> {
    const [lead, follow] = await this.#take(2);
    if (lead === undefined || follow === undefined) throw closedError();
    const memory = createRingMemory();
    const [read, followed] = await Promise.all([
      this.#ask(lead, { kind: "lead", source, memory }),
      this.#ask(follow, { kind: "follow", path: source.path, memory, temporaryPath }),
    ]);
    const first = [read.failure, followed.failure].find(
      (failure) => failure !== undefined && !failure.secondary,
    );
    if (first !== undefined) throw failureError(first);
    return { sha256: successOf(read).digests, blake3: successOf(followed).digests };
  }

  /** Ends the threads. Tasks under way are cut off; whoever waits for them gets an error. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#waiting.splice(0)) waiting.start([]);
    await Promise.all(this.#all.splice(0).map((worker) => worker.terminate()));
  }

  #take(wanted: number): Promise<Worker[]> {
    if (wanted > this.threads)
      throw new ArtifactstoreError("internal", `Cannot use ${wanted} threads of ${this.threads}`);
    return new Promise((resolve) => {
      this.#waiting.push({ wanted, start: resolve });
      this.#serve();
    });
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined && !this.#closed; next = this.#waiting[0]) {
      while (this.#idle.length < next.wanted && this.#all.length < this.threads) this.#start();
      if (this.#idle.length < next.wanted) return;
      this.#waiting.shift();
      next.start(this.#idle.splice(0, next.wanted));
    }
  }

  #start(): void {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: { blake3: this.#blake3 },
    });
    // An idle thread must not keep the process alive when its work is done.
    worker.unref();
    this.#all.push(worker);
    this.#idle.push(worker);
  }

  /** Sends one task and takes the thread back when the answer is here. Never rejects. */
  #ask(worker: Worker, task: ThreadTask): Promise<ThreadAnswer> {
    return new Promise((resolve) => {
      const settle = (answer: ThreadAnswer) => {
        worker.off("message", settle);
        worker.off("error", failed);
        worker.off("exit", ended);
        worker.unref();
        if (this.#all.includes(worker)) this.#idle.push(worker);
        this.#serve();
        resolve(answer);
      };
      const lost = (message: string) => {
        const position = this.#all.indexOf(worker);
        if (position >= 0) this.#all.splice(position, 1);
        settle({ failure: { code: "internal", message, errors: [], secondary: false } });
      };
      const failed = (error: unknown) => lost(`A thread failed: ${String(error)}`);
      const ended = () => lost("A thread ended before its work was done");
      worker.on("message", settle);
      worker.on("error", failed);
      worker.on("exit", ended);
      worker.ref();
      worker.postMessage(task);
    });
  }
}

function successOf(answer: ThreadAnswer): TaskResult {
  if (answer.result !== undefined) return answer.result;
  throw failureError(answer.failure);
}

function failureError(failure: TaskFailure): ArtifactstoreError {
  return new ArtifactstoreError(failure.code, failure.message, { errors: failure.errors });
}

function closedError(): ArtifactstoreError {
  return new ArtifactstoreError("internal", "Cannot read files: the threads have been ended");
}
