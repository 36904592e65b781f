import { ArtifactstoreError } from "../../core/errors.ts";
import type { OpenSqlite, SqliteConnection } from "../../core/sqlite-port.ts";
import { ContainerConnection, configureContainer } from "./container-connection.ts";
import { CONTAINER_VERSION, RETIRED_VERSION } from "./container-schema.ts";
import { attemptNow } from "./failure.ts";
import type { LocalLookups } from "./file-system.ts";
import { sqliteFailureKind } from "./sqlite-failure.ts";

/** How often a container that a repair has just replaced is looked up again under its name. */
const REOPENINGS_MAX = 3;

export interface OpenedContainer {
  readonly connection: ContainerConnection;
  /**
   * Opened without locks, since no lock file can be made here (a read-only file system, a full disk, a foreign owner). The answers
   * hold only while the file stays as it was: `identity` says how that was.
   */
  readonly unlocked: boolean;
  readonly identity: string;
}

/** Opens the container at `path`; `undefined` if there is none. */
export function openContainer(
  path: string,
  openSqlite: OpenSqlite,
  look: LocalLookups,
): OpenedContainer | undefined {
  return attemptNow(`open the container "${path}"`, () => {
    for (let tries = 0; tries <= REOPENINGS_MAX; tries += 1) {
      if (look.factsNow(path) === undefined) return undefined;
      const opened = openOnce(path, openSqlite, look);
      if (opened !== undefined) return opened;
    }
    throw new ArtifactstoreError(
      "backend_unavailable",
      `Cannot open the container "${path}": it is being repaired`,
    );
  });
}

/** Changes whenever the file or its write-ahead log does. */
export function containerIdentity(path: string, look: LocalLookups): string {
  const part = (name: string) => {
    const facts = look.factsNow(name);
    return facts === undefined ? "" : `${facts.inode}:${facts.size}:${facts.modifiedAt}`;
  };
  return `${part(path)} ${part(`${path}-wal`)}`;
}

/** `undefined` if the file was retired by a repair between finding and opening it. */
function openOnce(path: string, openSqlite: OpenSqlite, look: LocalLookups): OpenedContainer | undefined {
  const identity = containerIdentity(path, look);
  const locked = (readOnly: boolean) => prepared(openSqlite(path, { readOnly, create: false }), path);
  try {
    return wrap(locked(false), false, identity);
  } catch (error) {
    const kind = sqliteFailureKind(error);
    // `io`: a full disk has no room for the lock file; a disk that cannot be read fails again below.
    if (kind !== "cannot_open" && kind !== "read_only" && kind !== "io") throw error;
    // A log that holds something must be read with the database, and without locks it would be passed over in
    // silence. SQLite can do that where the log's index still lies beside it; else it fails, loudly.
    if ((look.factsNow(`${path}-wal`)?.size ?? 0) > 0) return wrap(locked(true), false, identity);
    return wrap(
      prepared(openSqlite(path, { readOnly: true, create: false, immutable: true }), path),
      true,
      identity,
    );
  }
}

function wrap(
  connection: ContainerConnection | undefined,
  unlocked: boolean,
  identity: string,
): OpenedContainer | undefined {
  return connection === undefined ? undefined : { connection, unlocked, identity };
}

function prepared(connection: SqliteConnection, path: string): ContainerConnection | undefined {
  try {
    configureContainer(connection);
    const statement = connection.prepare("PRAGMA user_version");
    const version = Number(statement.get([])?.["user_version"]);
    statement.finalize();
    if (version === RETIRED_VERSION) {
      connection.close();
      return undefined;
    }
    if (version !== CONTAINER_VERSION) {
      throw new ArtifactstoreError(
        version > CONTAINER_VERSION ? "backend_unavailable" : "store_damaged",
        `Cannot open the container "${path}": its version is "${version}", not "${CONTAINER_VERSION}"`,
      );
    }
    return new ContainerConnection(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
}
