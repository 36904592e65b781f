import { Worker } from "node:worker_threads";
import type { Blake3Engine } from "../core/digest.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { type Blake3Choice, chooseBlake3 } from "./hash-engine.ts";
import { ReceptionThreads } from "./reception-threads.ts";
import { createRingMemory } from "./shared-ring.ts";
import type { SourceFile } from "./source-file.ts";
import { failureError, runTask, type TaskResult, type ThreadTask } from "./thread-task.ts";
import type { ThreadAnswer } from "./worker.ts";

export interface ThreadPoolOptions {
  /** 0 runs every task in the calling thread. */
  readonly threads: number;
  readonly blake3: Blake3Choice;
}

interface Waiting {
  readonly wanted: number;
  readonly start: (threads: Thread[]) => void;
}

/** One thread and whoever waits for its answer. */
interface Thread {
  readonly worker: Worker;
  settle: ((answer: ThreadAnswer) => void) | undefined;
}

/**
 * A few threads that read, hash and copy whole files. Threads start when they are first needed and live until `close`,
 * without which the process does not end. Tasks start in the order in which they were given.
 */
export class ThreadPool {
  readonly threads: number;
  readonly #blake3: Blake3Choice;
  readonly #idle: Thread[] = [];
  readonly #all: Thread[] = [];
  readonly #waiting: Waiting[] = [];
  /** Those that receive bodies: as many again, started when a body comes. */
  readonly receptions: ReceptionThreads;
  #closed = false;

  constructor(options: ThreadPoolOptions) {
    this.threads = options.threads;
    this.#blake3 = options.blake3;
    this.receptions = new ReceptionThreads(options.threads, options.blake3);
  }

  /** For what is hashed in the calling thread: the same BLAKE3 as the threads'. */
  hashEngine(): Promise<Blake3Engine> {
    return chooseBlake3(this.#blake3);
  }

  /** The same interface without threads: for work that is done before a thread has started. */
  get inline(): ThreadPool {
    return this.threads === 0 ? this : new ThreadPool({ threads: 0, blake3: this.#blake3 });
  }

  /** Starts threads ahead of their first task, so that they start while the caller is still busy otherwise. */
  prepare(threads: number): void {
    while (this.#all.length < Math.min(threads, this.threads) && !this.#closed) this.#start();
  }

  async run(task: ThreadTask): Promise<TaskResult> {
    if (this.threads === 0) return runTask(await chooseBlake3(this.#blake3), task);
    const [thread] = await this.#take(1);
    if (thread === undefined) throw closedError();
    return this.#ask(thread, task).then(successOf);
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
      this.#ask(follow, { kind: "follow", source, memory, temporaryPath }),
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
    await this.receptions.close();
    await Promise.all(this.#all.splice(0).map(({ worker }) => worker.terminate()));
  }

  #take(wanted: number): Promise<Thread[]> {
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

  /** The listeners stay for good: adding and removing them for each task costs more than small tasks take. */
  #start(): void {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: { blake3: this.#blake3 },
    });
    const thread: Thread = { worker, settle: undefined };
    worker.on("message", (answer: ThreadAnswer) => this.#settle(thread, answer));
    worker.on("error", (error) => this.#lose(thread, `A thread failed: ${String(error)}`));
    worker.on("exit", () => this.#lose(thread, "A thread ended before its work was done"));
    this.#all.push(thread);
    this.#idle.push(thread);
  }

  #settle(thread: Thread, answer: ThreadAnswer): void {
    const { settle } = thread;
    thread.settle = undefined;
    if (this.#all.includes(thread)) this.#idle.push(thread);
    this.#serve();
    settle?.(answer);
  }

  /** A thread that is no more: its task fails, and the next task starts another one. */
  #lose(thread: Thread, message: string): void {
    for (const list of [this.#all, this.#idle]) {
      const position = list.indexOf(thread);
      if (position >= 0) list.splice(position, 1);
    }
    this.#settle(thread, { failure: { code: "internal", message, errors: [], secondary: false } });
  }

  /** Sends one task; the thread is taken back when the answer is here. Never rejects. */
  #ask(thread: Thread, task: ThreadTask): Promise<ThreadAnswer> {
    return new Promise((resolve) => {
      thread.settle = resolve;
      thread.worker.postMessage(task);
    });
  }
}

function successOf(answer: ThreadAnswer): TaskResult {
  if (answer.result !== undefined) return answer.result;
  throw failureError(answer.failure);
}

function closedError(): ArtifactstoreError {
  return new ArtifactstoreError("internal", "Cannot read files: the threads have been ended");
}
