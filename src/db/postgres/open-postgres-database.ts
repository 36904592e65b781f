import { ArtifactstoreError } from "../../core/errors.ts";
import { requireCurrentVersion } from "../applied-migrations.ts";
import type { Migration } from "../migration.ts";
import { migratePostgres, readPostgresVersion } from "./migrate-postgres.ts";
import { postgresMigrations } from "./migrations/migrations.ts";
import { PostgresConnection, type PostgresListener, type PostgresTimeouts } from "./postgres-connection.ts";
import { isStartingUp, mapPostgresError } from "./postgres-errors.ts";
import { PostgresRegistryDatabase } from "./postgres-registry-database.ts";
import { postgresDatabaseSchema } from "./postgres-schema.ts";
import { describeTarget, type PostgresTarget, readPostgresTarget } from "./postgres-target.ts";
import { beginReading, runBegun } from "./postgres-transaction.ts";

/** Fewer would let a reader wait for a writer that waits for it. Count. */
const CONNECTIONS_MIN = 2;

/** How long between two tries while the server starts. Milliseconds. */
const STARTING_PAUSE_MS = 100;

export interface PostgresReach {
  /** `postgresql://…` */
  readonly url: string;
  readonly timeouts: PostgresTimeouts;
}

export interface OpenPostgresDatabaseOptions extends PostgresReach {
  /** `write` applies migrations; `read` changes nothing. */
  readonly mode: "read" | "write";
  /** Connections of this process at once; at least 2 are taken. */
  readonly connectionsMax: number;
  /** Milliseconds since 1970; only migrations are dated by it. */
  readonly clock: () => number;
  /** For tests of upgrades; default all. */
  readonly migrations?: readonly Migration[];
}

/**
 * Opens a registry's database in PostgreSQL: the first schema of the role's search path.
 *
 * Throws `registry_not_found` (reading what is not there), `migration_needed` (reading an older schema, or writing one
 * as a role that may not change it), `database_newer`, `database_corrupt`, `database_unavailable`, `database_busy` and
 * `configuration` (a URL of unknown parts, a schema of another program).
 */
export async function openPostgresDatabase(
  options: OpenPostgresDatabaseOptions,
): Promise<PostgresRegistryDatabase> {
  const migrations = options.migrations ?? postgresMigrations;
  const target = readPostgresTarget(options.url);
  const place = describeTarget(target);
  const open = (listener?: PostgresListener) => openConnection(target, options.timeouts, listener);
  const first = await open();
  try {
    const found = await readVersion(first, place, migrations);
    if (options.mode === "write") {
      await migratePostgres(first, found, { place, clock: options.clock, migrations });
    } else if (found === 0) {
      throw new ArtifactstoreError(
        "registry_not_found",
        `Cannot open database "${place}": it has no registry yet`,
      );
    } else {
      requireCurrentVersion(found, migrations, place);
    }
  } catch (error) {
    await first.close();
    throw error;
  }
  const connectionsMax = Math.max(options.connectionsMax, CONNECTIONS_MIN);
  const schema = postgresDatabaseSchema(() => open(), migrations);
  return new PostgresRegistryDatabase({ mode: options.mode, first, open, schema, connectionsMax });
}

/** The version of the schema, 0 where there is none yet: for telling people what a migration did. */
export async function postgresSchemaVersion({ url, timeouts }: PostgresReach): Promise<number> {
  const target = readPostgresTarget(url);
  const connection = await openConnection(target, timeouts);
  try {
    return await readVersion(connection, describeTarget(target), postgresMigrations);
  } finally {
    await connection.close();
  }
}

async function readVersion(
  connection: PostgresConnection,
  place: string,
  migrations: readonly Migration[],
): Promise<number> {
  await beginReading(connection);
  return await runBegun(connection, "read", (session) => readPostgresVersion(session, place, migrations));
}

/** A server that is starting is waited for as long as one that does not answer; one that is down is not. */
async function openConnection(
  target: PostgresTarget,
  timeouts: PostgresTimeouts,
  listener?: PostgresListener,
): Promise<PostgresConnection> {
  const deadline =
    timeouts.connectMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + timeouts.connectMs;
  while (true) {
    try {
      return await PostgresConnection.open(target, timeouts, listener);
    } catch (error) {
      if (!isStartingUp(error) || performance.now() > deadline) {
        throw mapPostgresError(error, `connect to database "${describeTarget(target)}"`);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, STARTING_PAUSE_MS));
  }
}
