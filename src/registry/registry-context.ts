import type { Blake3Engine } from "../core/digest.ts";
import type { ThreadPool } from "../dataplane/thread-pool.ts";
import type { RegistryDatabase } from "../db/registry-database.ts";
import type { EventLog } from "../log/event-log.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import type { StorageRoutes } from "../storage/routes.ts";

/** A named rule that gives a package its expiry. */
export interface RetentionRule {
  readonly name: string;
  /** `undefined`: never expires. */
  readonly durationSeconds: number | undefined;
}

/**
 * All that the use cases of the registry work with; made by `compose.ts`, which alone knows the concrete parts. Clock
 * and ids come from here, so that a test decides them.
 */
export interface RegistryContext {
  readonly database: RegistryDatabase;
  readonly log: EventLog;
  /** By backend id. */
  readonly backends: ReadonlyMap<string, StorageBackend>;
  readonly routes: StorageRoutes;
  /** By name. */
  readonly retentionClasses: ReadonlyMap<string, RetentionRule>;
  readonly blake3: Blake3Engine;
  readonly threads: ThreadPool;
  /** Gives memory back that nobody refers to, now. */
  readonly collectGarbage: () => void;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** UUID version 7. */
  readonly newId: () => string;
  /** UUID version 4. */
  readonly newRandomId: () => string;
  /** Who acts, in the events that are recorded. */
  readonly actor: string;
  /** This process, as lease holder. */
  readonly holder: string;
  /** Absolute paths of the database and of the stores on this host. */
  readonly ownPaths: readonly string[];
  /** Where large files wait for a backend that takes streams only. */
  readonly spoolDirectory: string;
  /** An unreferenced blob younger than this is left alone. Milliseconds. */
  readonly orphanGraceMs: number;
}
