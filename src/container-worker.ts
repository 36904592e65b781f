import { parentPort } from "node:worker_threads";
import { currentRuntime } from "./runtime/current-runtime.ts";
import { serveContainer } from "./storage/local/serve-container.ts";

/** Entry of the thread that commits to a container; see `storage/local/container-thread.ts`. */
if (parentPort !== null) {
  const { openSqlite } = await currentRuntime();
  serveContainer(parentPort, openSqlite);
}
