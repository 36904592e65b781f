import type { ArtifactstoreClient } from "../client/create-client.ts";
import type { Blake3Engine } from "../core/digest.ts";
import type { ThreadPool } from "../dataplane/thread-pool.ts";

/**
 * A registry behind a server, and what is worked with on this side. The use cases of this folder do over HTTP what those
 * of `registry/` do directly, and answer the same.
 */
export interface RemoteRegistry {
  readonly client: ArtifactstoreClient;
  readonly threads: ThreadPool;
  readonly blake3: Blake3Engine;
  readonly collectGarbage: () => void;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** UUID version 4. */
  readonly newRandomId: () => string;
}
