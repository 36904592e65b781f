import { type SQL, sql } from "drizzle-orm/sql/sql";
import { getTableConfig } from "drizzle-orm/sqlite-core/utils";
import { getTableName } from "drizzle-orm/table";
import { ArtifactstoreError, isArtifactstoreError } from "../core/errors.ts";
import { lockLog } from "../db/lock-log.ts";
import type { DatabaseReader, DatabaseWriter, RegistryDatabase } from "../db/registry-database.ts";
import { createViewTables, VIEW_KEYS, VIEW_NAMES, views } from "../db/view-tables.ts";
import { addCounts, projectReplayed } from "./check-views.ts";
import { type Contradiction, findContradiction } from "./find-contradiction.ts";
import type { ProjectionEvent } from "./projection-event.ts";
import { ReplayRules } from "./replay-rules.ts";

export interface ViewRebuild {
  /** Of the last event that was replayed, 0 if there is none. */
  readonly throughSequence: number;
  readonly events: number;
  /** Events of types that this program does not know, by type. */
  readonly unknownTypes: ReadonlyMap<string, number>;
}

/** The events that follow those of the call before, checked and decoded; empty once there are no more. */
export type ReadReplayPage = (reader: DatabaseReader) => Promise<readonly ProjectionEvent[]>;

const shadow = createViewTables("replay_");

/**
 * Replays the whole log into a shadow set of views, a page a transaction, while readers and writers go on with the
 * live set; the transaction that finds no further event, and holds the log's lock, swaps the rows. Broken off at any
 * point, the live set is as it was, and the next run clears the shadow away.
 *
 * @param runId a UUID; tells this run from another that begins meanwhile, which makes this one fail
 * Throws `database_busy` if another run began, `log_damaged`.
 */
export async function rebuildViews(
  database: RegistryDatabase,
  readPage: ReadReplayPage,
  runId: string,
): Promise<ViewRebuild> {
  await database.write((writer) => createShadow(writer, runId));
  try {
    return await replayAndSwap(database, readPage, runId);
  } catch (error) {
    const contradiction = isArtifactstoreError(error, "internal")
      ? await contradictionIn(database)
      : undefined;
    // Only tidying: what is left is cleared away by the next run, too.
    await database.write((writer) => dropOwnShadow(writer, runId)).catch(() => undefined);
    if (contradiction === undefined) throw error;
    throw new ArtifactstoreError("log_damaged", `Cannot replay the event log: ${contradiction.message}`, {
      cause: error,
    });
  }
}

/** What the live tables refused is still in the shadow. */
async function contradictionIn(database: RegistryDatabase): Promise<Contradiction | undefined> {
  try {
    return await database.read((reader) => findContradiction(reader, shadow));
  } catch {
    return undefined;
  }
}

async function replayAndSwap(
  database: RegistryDatabase,
  readPage: ReadReplayPage,
  runId: string,
): Promise<ViewRebuild> {
  const unknownTypes = new Map<string, number>();
  let throughSequence = 0;
  let events = 0;
  for (let swapped = false; !swapped; ) {
    await database.write(async (writer) => {
      await lockLog(writer);
      if (!(await isOwnShadow(writer, runId))) {
        throw new ArtifactstoreError(
          "database_busy",
          "Cannot replay the event log: another replay has begun",
        );
      }
      const page = await readPage(writer);
      const last = page.at(-1);
      if (last === undefined) {
        await swap(writer);
        await dropShadow(writer);
        swapped = true;
        return;
      }
      addCounts(unknownTypes, await projectReplayed(writer, page, shadow, new ReplayRules(refuse)));
      events += page.length;
      throughSequence = last.sequence;
    });
  }
  return { throughSequence, events, unknownTypes };
}

function refuse(sequence: number, message: string): never {
  throw new ArtifactstoreError("log_damaged", `Cannot replay the event log: event ${sequence} ${message}`);
}

const RUN = sql.identifier("replay_run");

async function createShadow(writer: DatabaseWriter, runId: string): Promise<void> {
  await dropShadow(writer);
  for (const name of VIEW_NAMES) {
    const table = shadow[name];
    await writer.run(sql`CREATE TABLE ${table} AS SELECT * FROM ${views[name]} WHERE 1 = 0`);
    const key = identifiers(VIEW_KEYS[name]);
    await writer.run(
      sql`CREATE UNIQUE INDEX ${sql.identifier(`${getTableName(table)}_key`)} ON ${table} (${key})`,
    );
  }
  await writer.run(sql`CREATE TABLE ${RUN} (run_id TEXT NOT NULL)`);
  await writer.run(sql`INSERT INTO ${RUN} (run_id) VALUES (${runId})`);
}

async function dropShadow(writer: DatabaseWriter): Promise<void> {
  for (const name of VIEW_NAMES) await writer.run(sql`DROP TABLE IF EXISTS ${shadow[name]}`);
  await writer.run(sql`DROP TABLE IF EXISTS ${RUN}`);
}

async function dropOwnShadow(writer: DatabaseWriter, runId: string): Promise<void> {
  if (await isOwnShadow(writer, runId)) await dropShadow(writer);
}

async function isOwnShadow(writer: DatabaseWriter, runId: string): Promise<boolean> {
  try {
    const run = await writer.get<{ run_id: string }>(sql`SELECT run_id FROM ${RUN}`);
    return run?.run_id === runId;
  } catch {
    return false;
  }
}

/** Children go before their parents and come after them. */
async function swap(writer: DatabaseWriter): Promise<void> {
  for (const name of VIEW_NAMES.toReversed()) await writer.run(sql`DELETE FROM ${views[name]}`);
  for (const name of VIEW_NAMES) {
    const columns = identifiers(getTableConfig(views[name]).columns.map((column) => column.name));
    const key = identifiers(VIEW_KEYS[name]);
    await writer.run(sql`
      INSERT INTO ${views[name]} (${columns}) SELECT ${columns} FROM ${shadow[name]} ORDER BY ${key}`);
  }
}

function identifiers(names: readonly string[]): SQL {
  return sql.join(
    names.map((name) => sql.identifier(name)),
    sql`, `,
  );
}
