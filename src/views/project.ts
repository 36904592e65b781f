import type { DatabaseWriter } from "../db/registry-database.ts";
import { type ViewTables, views } from "../db/view-tables.ts";
import { projectFileIngested, projectLocationAdded } from "./project-file.ts";
import {
  projectPackageAbandoned,
  projectPackageCreated,
  projectPackageFinalized,
} from "./project-package.ts";
import { projectRetentionDefault } from "./project-retention.ts";
import { projectSchemaRegistered } from "./project-schema.ts";
import { ProjectionBatch } from "./projection-batch.ts";
import type { ProjectionEvent } from "./projection-event.ts";
import type { ReplayRules } from "./replay-rules.ts";

type Projector = (batch: ProjectionBatch, event: ProjectionEvent) => Promise<void> | undefined;

const PROJECTORS: ReadonlyMap<string, Projector> = new Map<string, Projector>([
  ["v1.package.created", projectPackageCreated],
  ["v1.package.finalized", projectPackageFinalized],
  ["v1.package.abandoned", projectPackageAbandoned],
  ["v1.file.ingested", projectFileIngested],
  ["v1.retention.default_applied", projectRetentionDefault],
  ["v1.storage.location_added", projectLocationAdded],
  ["v1.metadata_schema.registered", projectSchemaRegistered],
]);

/** The event types that change a view. */
export const PROJECTED_EVENT_TYPES: readonly string[] = [...PROJECTORS.keys()];

/**
 * Applies events, in order, to the views: in the transaction that appends them, and again at replay. Uses no clock
 * and no randomness, so that both give the same rows to the byte. Types that it does not know change nothing.
 *
 * @param tables the live set unless given
 * @param rules of a replay; what was just recorded has been checked
 * @returns how many events of each unknown type were passed over
 * Throws `log_damaged` for a payload of the wrong shape.
 */
export async function project(
  writer: DatabaseWriter,
  events: readonly ProjectionEvent[],
  tables: ViewTables = views,
  rules?: ReplayRules,
): Promise<ReadonlyMap<string, number>> {
  const unknown = new Map<string, number>();
  const batch = new ProjectionBatch(writer, tables);
  for (const event of events) {
    const projector = PROJECTORS.get(event.event_type);
    if (projector === undefined) {
      unknown.set(event.event_type, (unknown.get(event.event_type) ?? 0) + 1);
      continue;
    }
    const checking = rules?.check(batch, event);
    if (checking !== undefined) await checking;
    const pending = projector(batch, event);
    if (pending !== undefined) await pending;
  }
  await batch.end();
  return unknown;
}
