import { setTimeout as sleep } from "node:timers/promises";
import type { MessagePort } from "node:worker_threads";
import type { OpenSqlite } from "../../core/sqlite-port.ts";
import { type ContainerBatch, commitBatch } from "./container-batch.ts";
import type { ContainerConnection } from "./container-connection.ts";
import { openContainer } from "./container-open.ts";
import { CONTAINER_WRITE_PAUSE_MS, CONTAINER_WRITE_WAIT_MS } from "./limits.ts";
import { nodeFileSystem } from "./node-file-system.ts";
import { sqliteFailureKind } from "./sqlite-failure.ts";

export type ContainerRequest =
  | { readonly kind: "commit"; readonly path: string; readonly batch: ContainerBatch }
  | { readonly kind: "close" };

/** Whether the batch is durable. Why not is found out by whoever tries again. */
export interface ContainerAnswer {
  readonly done: boolean;
}

/**
 * The other thread's side of `ContainerThread`: commits batches over a connection of its own, one after the other, and
 * closes it when asked, so that the log is folded back. Nothing is decided here: a batch that fails is answered as not
 * done, and the thread that owns the store commits it itself and meets the reason.
 */
export function serveContainer(port: MessagePort, openSqlite: OpenSqlite): void {
  let connection: ContainerConnection | undefined;
  let last: Promise<void> = Promise.resolve();

  async function answer(request: ContainerRequest): Promise<ContainerAnswer> {
    try {
      if (request.kind === "close") {
        connection?.close();
        connection = undefined;
        return { done: true };
      }
      connection ??= openContainer(request.path, openSqlite, nodeFileSystem.look)?.connection;
      if (connection === undefined) return { done: false };
      await commitInTurn(connection, request.batch);
      return { done: true };
    } catch {
      connection?.close();
      connection = undefined;
      return { done: false };
    }
  }

  port.on("message", (request: ContainerRequest) => {
    last = last.then(async () => port.postMessage(await answer(request)));
  });
}

/** Waits its turn among all who write. */
async function commitInTurn(connection: ContainerConnection, batch: ContainerBatch): Promise<void> {
  const deadline = Date.now() + CONTAINER_WRITE_WAIT_MS;
  for (;;) {
    try {
      commitBatch(connection, batch);
      return;
    } catch (error) {
      if (sqliteFailureKind(error) !== "busy" || Date.now() > deadline) throw error;
    }
    await sleep(1 + Math.random() * CONTAINER_WRITE_PAUSE_MS);
  }
}
