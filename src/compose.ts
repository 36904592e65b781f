import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { availableParallelism, hostname, tmpdir } from "node:os";
import process from "node:process";
import { Worker } from "node:worker_threads";
import type { Config } from "./config/config.ts";
import { localActor } from "./config/local-actor.ts";
import { localOptions } from "./config/local-backend-options.ts";
import type { Settings } from "./config/settings.ts";
import { ArtifactstoreError } from "./core/errors.ts";
import { NAME_RULES } from "./core/identifiers.ts";
import type { Runtime } from "./core/runtime-port.ts";
import { quoteForTerminal } from "./core/terminal-text.ts";
import { chooseBlake3, sha256 } from "./dataplane/hash-engine.ts";
import { ThreadPool } from "./dataplane/thread-pool.ts";
import type { PostgresReach } from "./db/postgres/open-postgres-database.ts";
import type { RegistryDatabase } from "./db/registry-database.ts";
import { openSqliteDatabase } from "./db/sqlite/open-sqlite-database.ts";
import { sqliteSchemaVersion } from "./db/sqlite/schema-version.ts";
import { EventLog } from "./log/event-log.ts";
import type { RegistryContext } from "./registry/registry-context.ts";
import { timeOrderedIds } from "./registry/time-ordered-id.ts";
import type { StorageBackend } from "./storage/blob-store.ts";
import { openLocalBackend } from "./storage/local/backend.ts";
import { parseRoutes, routedBackends, type StorageRoutes } from "./storage/routes.ts";

/** The id of the backend that is always there. */
export const LOCAL_BACKEND_ID = "local";

export interface OpenedRegistry {
  readonly registry: RegistryContext;
  close(): Promise<void>;
}

/**
 * The composition root: the one place that picks concrete parts. Turns a configuration into a registry to work with.
 *
 * @param mode `write` makes what is missing and applies migrations; `read` creates and changes nothing, and works on a
 *   read-only file system
 */
export async function openRegistry(
  runtime: Runtime,
  config: Config,
  mode: "read" | "write",
): Promise<OpenedRegistry> {
  const { settings } = config;
  const actor = settings.actor === undefined ? localActor() : checkedActor(settings.actor);
  const clock = Date.now;
  const blake3 = await chooseBlake3();
  const database = await openDatabase(runtime, config, mode, clock);
  const backends = openBackends(runtime, config);
  const threads = new ThreadPool({ threads: threadCount(settings.ingestThreads), blake3: "auto" });
  const registry: RegistryContext = {
    database,
    log: new EventLog({ clock, blake3: blake3.hash, sha256 }),
    backends,
    routes: checkedRoutes(settings.storageBackendRoutes, backends),
    retentionClasses: config.retentionClasses,
    blake3,
    threads,
    collectGarbage: runtime.collectGarbage,
    clock,
    newId: timeOrderedIds(clock),
    newRandomId: randomUUID,
    actor,
    holder: `${hostname()}:${process.pid}`,
    ownPaths: ownPaths(config),
    spoolDirectory: tmpdir(),
    orphanGraceMs: settings.orphanGraceSeconds * 1000,
  };
  return {
    registry,
    async close() {
      await threads.close();
      // Each folds its write-ahead log back; on a thread of its own, or here.
      await Promise.all([...backends.values()].map((backend) => backend.close()).concat(database.close()));
    },
  };
}

export interface RegistryMigration {
  /** 0: there was no database. */
  readonly fromVersion: number;
  readonly toVersion: number;
}

/** Makes the database, or brings its schema up to date; answers what it was and is. */
export async function migrateRegistry(runtime: Runtime, config: Config): Promise<RegistryMigration> {
  const fromVersion = await databaseVersion(runtime, config);
  const database = await openDatabase(runtime, config, "write", Date.now);
  await database.close();
  return { fromVersion, toVersion: await databaseVersion(runtime, config) };
}

async function databaseVersion(runtime: Runtime, { settings }: Config): Promise<number> {
  const location = settings.databaseUrl;
  switch (location.kind) {
    case "sqlite":
      return await sqliteSchemaVersion(location.path, runtime.openSqlite);
    case "sqlite_memory":
      return 0;
    case "postgres": {
      const { postgresSchemaVersion } = await postgresModule();
      return await postgresSchemaVersion(postgresReach(location.url, settings));
    }
  }
}

async function openDatabase(
  runtime: Runtime,
  { settings }: Config,
  mode: "read" | "write",
  clock: () => number,
): Promise<RegistryDatabase> {
  const location = settings.databaseUrl;
  if (location.kind === "postgres") {
    const { openPostgresDatabase } = await postgresModule();
    const connectionsMax = settings.postgresPoolMax;
    return await openPostgresDatabase({
      ...postgresReach(location.url, settings),
      mode,
      connectionsMax,
      clock,
    });
  }
  return await openSqliteDatabase({
    path: location.kind === "sqlite" ? location.path : ":memory:",
    mode,
    openSqlite: runtime.openSqlite,
    clock,
    busyTimeoutMs: settings.sqliteBusyTimeoutMs,
  });
}

/** Loaded where it is needed: whoever uses SQLite does not wait for a driver. */
function postgresModule() {
  return import("./db/postgres/open-postgres-database.ts");
}

function postgresReach(url: string, settings: Settings): PostgresReach {
  return {
    url,
    timeouts: {
      connectMs: settings.postgresConnectTimeoutMs,
      statementMs: settings.postgresStatementTimeoutMs,
      lockMs: settings.postgresLockTimeoutMs,
      idleInTransactionMs: settings.postgresIdleTimeoutMs,
    },
  };
}

function ownPaths({ settings, backends }: Config): string[] {
  const database = settings.databaseUrl.kind === "sqlite" ? [settings.databaseUrl.path] : [];
  const named = backends.filter((backend) => backend.type === "local");
  const roots = named.map((backend) => localOptions(backend, settings.storageLocalPackMaxBytes).root);
  return [...database, settings.storageLocalRoot, ...roots];
}

/** `local`, which is always there, and what the configuration file names. */
function openBackends(runtime: Runtime, { settings, backends }: Config): Map<string, StorageBackend> {
  const opened = new Map<string, StorageBackend>();
  const roots = new Map<string, string>();
  const openLocal = (id: string, root: string, packMaxBytes: number) => {
    checkOwnRoot(roots, id, root);
    opened.set(
      id,
      openLocalBackend(id, {
        root,
        packMaxBytes,
        openSqlite: runtime.openSqlite,
        startContainerThread: () => new Worker(new URL("./container-worker.ts", import.meta.url)),
      }),
    );
  };
  openLocal(LOCAL_BACKEND_ID, settings.storageLocalRoot, settings.storageLocalPackMaxBytes);
  for (const backend of backends) {
    if (backend.type !== "local") {
      throw new ArtifactstoreError(
        "configuration",
        `Cannot open storage backend "${backend.name}": there is no adapter for type "${backend.type}"; there is "local"`,
      );
    }
    const { root, packMaxBytes } = localOptions(backend, settings.storageLocalPackMaxBytes);
    openLocal(backend.name, root, packMaxBytes);
  }
  return opened;
}

/**
 * Two names for one directory would be one copy that counts as two, and what one name does not need would be removed
 * from under the other. Links and mounts are seen through: a directory is known by its device and inode.
 */
function checkOwnRoot(roots: Map<string, string>, id: string, root: string): void {
  const stat = statSync(root, { throwIfNoEntry: false });
  const identity = stat === undefined ? root : `${stat.dev}:${stat.ino}`;
  const other = roots.get(identity);
  if (other !== undefined) {
    throw new ArtifactstoreError(
      "configuration",
      `Cannot open storage backend "${id}": its directory "${root}" is that of backend "${other}"`,
    );
  }
  roots.set(identity, id);
}

/** A route to a backend that is not configured is found at start-up, not at the first package that takes it. */
function checkedRoutes(text: string, backends: ReadonlyMap<string, StorageBackend>): StorageRoutes {
  const routes = parseRoutes(text);
  for (const id of routedBackends(routes)) {
    if (backends.has(id)) continue;
    const known = [...backends.keys()].map((name) => `"${name}"`).join(", ");
    throw new ArtifactstoreError(
      "configuration",
      `Cannot use storage routes "${text}": backend "${id}" is not configured; there are ${known}`,
    );
  }
  return routes;
}

/** One more than there are cores: while one thread waits for the disk, the others hash. */
function threadCount(configured: number): number {
  return configured > 0 ? configured : availableParallelism() + 1;
}

/** Checked before anything is opened: what once stands in the log cannot be taken back. */
function checkedActor(actor: string): string {
  const rule = NAME_RULES.actor(actor);
  if (rule === undefined) return actor;
  throw new ArtifactstoreError(
    "configuration",
    `Cannot use actor ${quoteForTerminal(actor)} of "ARTIFACTSTORE_ACTOR": ${rule}`,
  );
}
