import { randomUUID } from "node:crypto";
import { availableParallelism } from "node:os";
import type { RetryNotice } from "../client/client-options.ts";
import { createClient } from "../client/create-client.ts";
import { chooseBlake3, createSha256 } from "../dataplane/hash-engine.ts";
import { ThreadPool } from "../dataplane/thread-pool.ts";
import type { RemoteRegistry } from "./remote-registry.ts";

export interface RemoteRegistryOptions {
  readonly baseUrl: string;
  readonly token?: string;
  /** Threads that read and hash files; 0 = one more than there are cores. */
  readonly threads: number;
  readonly collectGarbage: () => void;
  readonly onRetry?: (notice: RetryNotice) => void;
}

export interface OpenedRemoteRegistry {
  readonly remote: RemoteRegistry;
  close(): Promise<void>;
}

/** Nothing is sent before the first use. Throws `invalid_input` for what is no URL of a server. */
export async function openRemoteRegistry(options: RemoteRegistryOptions): Promise<OpenedRemoteRegistry> {
  const { baseUrl, token, onRetry, collectGarbage } = options;
  const blake3 = await chooseBlake3();
  const client = createClient({
    baseUrl,
    hashes: { blake3, createSha256 },
    ...(token === undefined ? {} : { token }),
    ...(onRetry === undefined ? {} : { onRetry }),
  });
  const threads = new ThreadPool({
    threads: options.threads > 0 ? options.threads : availableParallelism() + 1,
    blake3: "auto",
  });
  return {
    remote: { client, threads, blake3, collectGarbage, clock: Date.now, newRandomId: randomUUID },
    close: () => threads.close(),
  };
}
