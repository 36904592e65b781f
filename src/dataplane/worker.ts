import { parentPort, workerData } from "node:worker_threads";
import { type Blake3Choice, chooseBlake3 } from "./hash-engine.ts";
import {
  describeFailure,
  runTask,
  type TaskFailure,
  type TaskResult,
  type ThreadTask,
} from "./thread-task.ts";

/** Entry of a thread: takes one task at a time, answers with its result or failure, moves buffers instead of copying. */
export type ThreadAnswer =
  | { readonly result: TaskResult; readonly failure?: undefined }
  | { readonly result?: undefined; readonly failure: TaskFailure };

if (parentPort !== null) {
  const port = parentPort;
  const engine = chooseBlake3((workerData as { blake3: Blake3Choice }).blake3);
  port.on("message", (task: ThreadTask) => {
    void answer(task).then((reply) => {
      const moved = reply.result === undefined ? [] : movable(reply.result);
      port.postMessage(reply, moved);
    });
  });

  async function answer(task: ThreadTask): Promise<ThreadAnswer> {
    try {
      return { result: runTask(await engine, task) };
    } catch (error) {
      return { failure: describeFailure(error) };
    }
  }
}

function movable({ digests }: TaskResult): ArrayBuffer[] {
  return digests.byteLength === digests.buffer.byteLength ? [digests.buffer as ArrayBuffer] : [];
}
