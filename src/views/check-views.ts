import { ArtifactstoreError, isArtifactstoreError } from "../core/errors.ts";
import type { DatabaseReader, DatabaseWriter, RegistryDatabase } from "../db/registry-database.ts";
import { createViewTables, type ViewTables, views } from "../db/view-tables.ts";
import { compareViews, type ViewDifference } from "./compare-views.ts";
import { project } from "./project.ts";
import type { ProjectionEvent } from "./projection-event.ts";
import { ReplayRules, type ReportContradiction } from "./replay-rules.ts";

export interface ViewCheck {
  /** Of the last event that was replayed, 0 if there is none. */
  readonly throughSequence: number;
  /** Events replayed. */
  readonly events: number;
  /** Events of types that this program does not know, by type. */
  readonly unknownTypes: ReadonlyMap<string, number>;
  /** Some of them; see `differenceCount`. */
  readonly differences: readonly ViewDifference[];
  readonly differenceCount: number;
}

const PREFIX = "check_";

/**
 * Replays the log beside one snapshot of the live views and compares the two. Nothing is written to the registry's
 * own tables, which may be read-only.
 *
 * @param readPages every event of the snapshot, in order
 * @param report told of events that contradict those before them, and of manifests that do
 * Throws `log_damaged` where the events contradict one another so far that they give no views.
 */
export async function checkViews(
  database: RegistryDatabase,
  readPages: (reader: DatabaseReader) => AsyncIterable<readonly ProjectionEvent[]>,
  report?: ReportContradiction,
): Promise<ViewCheck> {
  const replayed = createViewTables(PREFIX);
  return await database.readBeside(PREFIX, async (reader, scratch) => {
    let throughSequence = 0;
    let events = 0;
    const unknownTypes = new Map<string, number>();
    for await (const page of readPages(reader)) {
      // The live set has the index that the set beside it has not, and is nearly always the same.
      const rules = report && new ReplayRules(report, { reader, tables: views });
      addCounts(unknownTypes, await projectReplayed(scratch, page, replayed, rules));
      events += page.length;
      throughSequence = page.at(-1)?.sequence ?? throughSequence;
    }
    const { differences, differenceCount } = await compareViews(reader, replayed);
    return { throughSequence, events, unknownTypes, differences, differenceCount };
  });
}

/** Events that were accepted once cannot break a constraint now, unless they were changed. */
export async function projectReplayed(
  writer: DatabaseWriter,
  page: readonly ProjectionEvent[],
  tables: ViewTables,
  rules?: ReplayRules,
): Promise<ReadonlyMap<string, number>> {
  try {
    return await project(writer, page, tables, rules);
  } catch (error) {
    if (!isArtifactstoreError(error, "internal")) throw error;
    const first = page[0]?.sequence;
    const last = page.at(-1)?.sequence;
    throw new ArtifactstoreError(
      "log_damaged",
      `Cannot replay events ${first} to ${last}: they contradict others`,
      {
        cause: error,
      },
    );
  }
}

export function addCounts(sums: Map<string, number>, added: ReadonlyMap<string, number>): void {
  for (const [type, count] of added) sums.set(type, (sums.get(type) ?? 0) + count);
}
