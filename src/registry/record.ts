import type { DatabaseWriter } from "../db/registry-database.ts";
import { views } from "../db/view-tables.ts";
import { writeTogether } from "../db/write-together.ts";
import type { AppendedEvent, EventDraft } from "../log/event.ts";
import { project } from "../views/project.ts";
import type { RegistryContext } from "./registry-context.ts";

/** What the work of one recording transaction sees. */
export interface Recording {
  readonly writer: DatabaseWriter;
  /** The time that all events of this transaction get; dates in payloads are computed from it. */
  readonly createdAt: string;
}

/**
 * The one way in which anything is recorded: in one transaction the log's head is locked, `work` looks at the views
 * and answers events, the events get their place, the views change, and the tree head moves. Callers that come together
 * share the transaction, each with its own part of it; whoever resolves is durable. Blobs that an event speaks of are
 * durable before this is called; no bytes of blobs pass through.
 */
export async function record(
  context: RegistryContext,
  work: (recording: Recording) => Promise<readonly EventDraft[]>,
): Promise<readonly AppendedEvent[]> {
  return writeTogether(context.database, async (writer) => {
    const append = await context.log.begin(writer, context.actor);
    const drafts = await work({ writer, createdAt: append.createdAt });
    const events = await append.append(drafts);
    await project(writer, events, views);
    await append.finish();
    return events;
  });
}
