import { eventCursorOwner } from "../../registry/event-cursor.ts";
import { listEvents } from "../../registry/list-events.ts";
import type { RegistryContext } from "../../registry/registry-context.ts";
import type { EventFeed } from "./event-feed.ts";
import type { RenderedEvent } from "./recent-events.ts";
import { renderEvent } from "./render-event.ts";

/** A stream on which nothing happens says so often enough for proxies to leave it open. Milliseconds. */
export const HEARTBEAT_MS = 15_000;

/** How many events are sent at once. Count. */
const BATCH = 256;

/** How long a client waits before it connects again. Milliseconds. */
const RETRY_MS = 1_000;

export interface EventStreamOptions {
  /** Only events after this sequence. */
  readonly since: number;
  /** Only events about packages of this producer. */
  readonly producer?: string;
  /** Only events about this package or schema. */
  readonly subject?: string;
  readonly heartbeatMs?: number;
}

/**
 * The log from a place on, and what is recorded from then on, as server-sent events: in order, none twice, none missed.
 * Each turn takes what the last one left, so a slow follower costs no memory: it reads older events from the log.
 * Whoever made this has joined the feed; it leaves when it ends.
 */
export async function* eventStream(
  registry: RegistryContext,
  feed: EventFeed,
  options: EventStreamOptions,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const heartbeatMs = options.heartbeatMs ?? HEARTBEAT_MS;
  let since = options.since;
  try {
    yield `retry: ${RETRY_MS}\n\n`;
    while (!signal.aborted) {
      const recent = options.subject === undefined ? feed.recent.after(since, BATCH) : undefined;
      if (recent === undefined) {
        const head = feed.recent.head;
        const page = await readPage(registry, options, since);
        const last = page.at(-1);
        if (page.length > 0) yield page.map(({ text }) => text).join("");
        // Without a full page, everything up to the head that was known before has been read.
        since =
          page.length === BATCH ? (last?.sequence ?? since) : Math.max(since, last?.sequence ?? 0, head ?? 0);
        if (page.length === BATCH) continue;
        if (options.subject === undefined && head !== undefined) continue;
      } else if (recent.length > 0) {
        since = recent.at(-1)?.sequence ?? since;
        const text = recent
          .filter((event) => isFor(options, event))
          .map((event) => event.text)
          .join("");
        if (text !== "") yield text;
        continue;
      }
      const before = feed.recent.head;
      if (before !== undefined && before > since) continue;
      await feed.recent.next(signal, heartbeatMs);
      if (feed.recent.head === before && !signal.aborted) yield ": heartbeat\n\n";
    }
  } finally {
    feed.leave();
  }
}

async function readPage(
  registry: RegistryContext,
  { producer, subject }: EventStreamOptions,
  since: number,
): Promise<RenderedEvent[]> {
  const owner = await eventCursorOwner(registry);
  const page: RenderedEvent[] = [];
  const selection = {
    since,
    limit: BATCH,
    ...(producer === undefined ? {} : { producer }),
    ...(subject === undefined ? {} : { subject }),
  };
  for await (const event of listEvents(registry, selection)) {
    page.push({ sequence: Number(event["sequence"]), producer, text: renderEvent(owner, event) });
  }
  return page;
}

function isFor({ producer }: EventStreamOptions, event: RenderedEvent): boolean {
  return producer === undefined || event.producer === producer;
}
