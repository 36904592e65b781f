import { setTimeout as sleep } from "node:timers/promises";
import { decodeCanonicalCbor } from "../core/canonical-cbor.ts";
import type { JsonObject } from "../core/cbor-value.ts";
import { contentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { isUuid } from "../core/uuid.ts";
import type { LogEvent } from "../log/event.ts";
import { EVENT_PAGE_SIZE, type EventQuery, readEvents } from "../log/read-events.ts";
import type { RegistryContext } from "./registry-context.ts";

export interface EventSelection {
  /** Only events after this sequence. */
  readonly since?: number;
  /** At most so many; all of them unless given. */
  readonly limit?: number;
  /** Only events about this package (a UUID) or metadata schema (a slug). */
  readonly subject?: string;
}

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** How often the log is looked at once all of it was given. Milliseconds. */
  readonly pollMs?: number;
}

/** How often a follower looks for new events. Milliseconds. */
export const EVENTS_POLL_MS = 500;

/**
 * Events as JSON objects, in order of sequence, a page in memory at a time. Each page is a transaction of its own: a
 * reader that is slow holds up nobody, and the log only grows.
 */
export async function* listEvents(
  context: RegistryContext,
  selection: EventSelection = {},
): AsyncGenerator<JsonObject> {
  const query = queryOf(selection);
  let since = selection.since ?? 0;
  let left = selection.limit ?? Number.POSITIVE_INFINITY;
  while (left > 0) {
    const limit = Math.min(left, EVENT_PAGE_SIZE);
    const page = await context.database.read((reader) => readEvents(reader, { ...query, since, limit }));
    const last = page.at(-1);
    if (last === undefined) return;
    for (const event of page) yield describeEvent(event);
    since = last.sequence;
    left -= page.length;
  }
}

/** The same, and then every event that is recorded from now on, by any process. Ends when the signal aborts, throwing. */
export async function* followEvents(
  context: RegistryContext,
  selection: EventSelection,
  { signal, pollMs = EVENTS_POLL_MS }: FollowOptions,
): AsyncGenerator<JsonObject> {
  let since = selection.since ?? 0;
  let left = selection.limit ?? Number.POSITIVE_INFINITY;
  while (left > 0) {
    signal.throwIfAborted();
    for await (const event of listEvents(context, { ...selection, since, limit: left })) {
      signal.throwIfAborted();
      since = Number(event.sequence);
      left -= 1;
      yield event;
    }
    if (left > 0) await sleep(pollMs, undefined, { signal });
  }
}

function queryOf({ subject }: EventSelection): Pick<EventQuery, "subject"> {
  if (subject === undefined) return {};
  return { subject: { kind: isUuid(subject) ? "package" : "metadata_schema", id: subject } };
}

function describeEvent(event: LogEvent): JsonObject {
  return {
    sequence: event.sequence,
    created_at: event.created_at,
    event_type: event.event_type,
    subject_kind: event.subject_kind,
    subject_id: event.subject_id,
    actor: event.actor,
    payload_digest: contentAddress(event.payload_digest),
    payload: decodePayload(event),
  };
}

/** No payload has byte strings, so that each has a JSON form. */
function decodePayload(event: LogEvent): JsonObject {
  try {
    return decodeCanonicalCbor(event.payload) as JsonObject;
  } catch (cause) {
    throw new ArtifactstoreError(
      "log_damaged",
      `Cannot read event ${event.sequence}: its payload is not canonical CBOR`,
      { cause },
    );
  }
}
