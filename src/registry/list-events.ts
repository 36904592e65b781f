import { setTimeout } from "node:timers/promises";
import { decodeCanonicalCbor } from "../core/canonical-cbor.ts";
import type { CborValue, JsonObject } from "../core/cbor-value.ts";
import { contentAddress } from "../core/content-address.ts";
import { ArtifactstoreError, isArtifactstoreError } from "../core/errors.ts";
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
  /** Only events about packages of this producer. */
  readonly producer?: string;
}

/** A follower looks at least so often, whether it was told of something or not. Milliseconds. */
export const FOLLOW_TIMEOUT_MS = 5_000;

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

/** How long a follower goes on asking a database that does not answer (a server that is restarted). Milliseconds. */
const FOLLOW_OUTAGE_MAX_MS = 60_000;

/** Between two such questions, doubled from one to the next. Milliseconds. */
const FOLLOW_PAUSE_MIN_MS = 100;
const FOLLOW_PAUSE_MAX_MS = 5_000;

/**
 * The same, and then every event that is recorded from then on, by any process: in order, none twice and none missed.
 * A database that is out of reach is asked again for a minute, then its `database_unavailable` is thrown. Ends when the
 * signal aborts, throwing its reason.
 */
export async function* followEvents(
  context: RegistryContext,
  selection: EventSelection,
  signal: AbortSignal,
): AsyncGenerator<JsonObject> {
  let since = selection.since ?? 0;
  let left = selection.limit ?? Number.POSITIVE_INFINITY;
  let outage: Outage | undefined;
  const leftOff = new AbortController();
  const ended = AbortSignal.any([signal, leftOff.signal]);
  try {
    while (left > 0) {
      // Before reading: what is recorded between the last page and the waiting would be missed otherwise.
      const appended = context.database.nextAppend(ended, FOLLOW_TIMEOUT_MS);
      appended.catch(() => undefined);
      try {
        for await (const event of listEvents(context, { ...selection, since, limit: left })) {
          signal.throwIfAborted();
          since = Number(event.sequence);
          left -= 1;
          yield event;
        }
        outage = undefined;
        if (left > 0) await appended;
      } catch (error) {
        signal.throwIfAborted();
        outage = await waitOut(error, outage, signal);
      }
      signal.throwIfAborted();
    }
  } finally {
    leftOff.abort();
  }
}

interface Outage {
  readonly since: number;
  readonly pauseMs: number;
}

/** Waits before the next question; throws the error where there is no use in one. */
async function waitOut(error: unknown, before: Outage | undefined, signal: AbortSignal): Promise<Outage> {
  const outage = before ?? { since: performance.now(), pauseMs: FOLLOW_PAUSE_MIN_MS };
  const lasted = performance.now() - outage.since;
  if (!isArtifactstoreError(error, "database_unavailable") || lasted > FOLLOW_OUTAGE_MAX_MS) throw error;
  await setTimeout(outage.pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  return { since: outage.since, pauseMs: Math.min(outage.pauseMs * 2, FOLLOW_PAUSE_MAX_MS) };
}

function queryOf({ subject, producer }: EventSelection): Pick<EventQuery, "subject" | "producer"> {
  return {
    ...(subject === undefined
      ? {}
      : { subject: { kind: isUuid(subject) ? "package" : "metadata_schema", id: subject } }),
    ...(producer === undefined ? {} : { producer }),
  };
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
    ...describePayload(event),
  };
}

/**
 * No payload that is recorded has byte strings, so that each has a JSON form. Threat: one that somebody put there has
 * none, and must not hide the events after it; then its CBOR is shown.
 */
function describePayload(event: LogEvent): JsonObject {
  const payload = decodePayload(event);
  if (!hasByteStrings(payload)) return { payload: payload as JsonObject };
  return { payload: null, payload_cbor_base64: Buffer.from(event.payload).toString("base64") };
}

function hasByteStrings(value: CborValue): boolean {
  if (value instanceof Uint8Array) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasByteStrings);
}

function decodePayload(event: LogEvent): CborValue {
  try {
    return decodeCanonicalCbor(event.payload);
  } catch (cause) {
    throw new ArtifactstoreError(
      "log_damaged",
      `Cannot read event ${event.sequence}: its payload is not canonical CBOR`,
      { cause },
    );
  }
}
