import { Worker } from "node:worker_threads";
import { ArtifactstoreError } from "../core/errors.ts";
import { type Blake3Choice, chooseBlake3 } from "./hash-engine.ts";
import type { ForgetStep, ReceptionStep } from "./reception.ts";
import { describeFailure, failureError, runTask, type TaskResult } from "./thread-task.ts";
import type { ThreadAnswer } from "./worker.ts";

/** One block of a body: large enough that passing it to a thread costs nothing. A multiple of a page. Bytes. */
export const RECEPTION_BLOCK_BYTES = 1_048_576;

/** Blocks that bodies hold beyond the one that each may always have: what all of them together read ahead. Count. */
const BLOCKS_AHEAD_MAX = 32;

/** What one body may leave behind as garbage. Bytes. */
const RELIEF_BYTES = 16_777_216;

/** Free blocks that are kept for the next body. Count. */
const BLOCKS_KEPT = 16;

/** Answers come in the order of the steps. */
interface Thread {
  readonly worker: Worker;
  readonly waiting: PromiseWithResolvers<ThreadAnswer>[];
  receptions: number;
  isLost: boolean;
}

/** What one body's steps go through: always the same thread, which has its digests so far. */
export interface ReceptionLane {
  readonly reception: number;
  /** Rejects with the step's failure, or when the thread is no more. */
  send(step: ReceptionStep | ForgetStep): Promise<TaskResult>;
  /** The body is received or given up. */
  end(): void;
}

let receptions = 0;

/**
 * The threads that receive bodies, apart from those that read files: a long read never makes a sender wait. A thread
 * starts when a body comes and all others are at work; a body joins the thread that has the fewest.
 */
export class ReceptionThreads {
  readonly #threadsMax: number;
  readonly #blake3: Blake3Choice;
  readonly #threads: Thread[] = [];
  readonly #blocks: SharedArrayBuffer[] = [];
  #aheadLeft = BLOCKS_AHEAD_MAX;
  #open = 0;
  /** Since memory was last given back. Bytes. */
  #receivedBytes = 0;
  #closed = false;

  /** @param threadsMax 0 does all the work in the calling thread */
  constructor(threadsMax: number, blake3: Blake3Choice) {
    this.#threadsMax = threadsMax;
    this.#blake3 = blake3;
  }

  open(): ReceptionLane {
    if (this.#closed) throw closedError();
    receptions += 1;
    this.#open += 1;
    const reception = receptions;
    if (this.#threadsMax === 0) {
      return {
        reception,
        send: (step) => this.#runHere(step),
        end: () => {
          this.#open -= 1;
        },
      };
    }
    const thread = this.#choose();
    thread.receptions += 1;
    return {
      reception,
      send: (step) => ask(thread, step),
      end: () => {
        this.#open -= 1;
        thread.receptions -= 1;
      },
    };
  }

  /**
   * Counts what came. The runtime's own chunks are garbage as soon as they are copied, and it lets more of them pile up
   * than all else that receiving takes; so it is told to give them back now and then, the less often the more come.
   */
  relieve(receivedBytes: number, collectGarbage: () => void): void {
    this.#receivedBytes += receivedBytes;
    if (this.#receivedBytes < RELIEF_BYTES * Math.max(1, this.#open)) return;
    this.#receivedBytes = 0;
    collectGarbage();
  }

  /** Memory for one block. A body's first is always there; a further one only while not too many are ahead. */
  takeBlock(isFurther: boolean): SharedArrayBuffer | undefined {
    if (isFurther) {
      if (this.#aheadLeft === 0) return undefined;
      this.#aheadLeft -= 1;
    }
    return this.#blocks.pop() ?? new SharedArrayBuffer(RECEPTION_BLOCK_BYTES);
  }

  giveBlockBack(block: SharedArrayBuffer, isFurther: boolean): void {
    if (isFurther) this.#aheadLeft += 1;
    if (this.#blocks.length < BLOCKS_KEPT) this.#blocks.push(block);
  }

  /** Ends the threads. Whoever waits for them gets an error. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.splice(0).map(({ worker }) => worker.terminate()));
  }

  async #runHere(step: ReceptionStep | ForgetStep): Promise<TaskResult> {
    return runTask(await chooseBlake3(this.#blake3), step);
  }

  #choose(): Thread {
    const [least] = this.#threads.toSorted((a, b) => a.receptions - b.receptions);
    const isBusy = least === undefined || least.receptions > 0;
    return isBusy && this.#threads.length < this.#threadsMax ? this.#start() : (least ?? this.#start());
  }

  #start(): Thread {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: { blake3: this.#blake3 },
    });
    const thread: Thread = { worker, waiting: [], receptions: 0, isLost: false };
    worker.on("message", (answer: ThreadAnswer) => thread.waiting.shift()?.resolve(answer));
    worker.on("error", (error) => this.#lose(thread, error));
    worker.on("exit", () => this.#lose(thread, undefined));
    this.#threads.push(thread);
    return thread;
  }

  /** The bodies of a thread that is no more fail; the next body starts another thread. */
  #lose(thread: Thread, error: unknown): void {
    thread.isLost = true;
    const position = this.#threads.indexOf(thread);
    if (position >= 0) this.#threads.splice(position, 1);
    const failure = describeFailure(lostError(error));
    for (const waiting of thread.waiting.splice(0)) waiting.resolve({ failure });
  }
}

async function ask(thread: Thread, step: ReceptionStep | ForgetStep): Promise<TaskResult> {
  if (thread.isLost) throw lostError(undefined);
  const answered = Promise.withResolvers<ThreadAnswer>();
  thread.waiting.push(answered);
  thread.worker.postMessage(step);
  const answer = await answered.promise;
  if (answer.result !== undefined) return answer.result;
  throw failureError(answer.failure);
}

function lostError(cause: unknown): ArtifactstoreError {
  return new ArtifactstoreError("internal", "Cannot receive a body: its thread has ended", { cause });
}

function closedError(): ArtifactstoreError {
  return new ArtifactstoreError("internal", "Cannot receive a body: the threads have been ended");
}
