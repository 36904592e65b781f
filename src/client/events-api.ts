import type { EventDocument, Page, PageOptions } from "./documents.ts";
import { EventStreamParser, type StreamedEvent } from "./event-stream-parser.ts";
import { readItems, readPage } from "./pages.ts";
import { pause } from "./retry.ts";
import type { Transport } from "./transport.ts";

export interface EventSelection {
  /** Only events after this sequence. */
  readonly since?: number;
  /** Only events about this package (a UUID) or metadata schema (a slug). */
  readonly subject?: string;
}

export interface FollowOptions extends EventSelection {
  /** Resumes after the event that had it; goes before `since`. */
  readonly lastEventId?: string;
  readonly signal?: AbortSignal;
}

/** An event, and what resumes after it: also in another process, and after the server has been started anew. */
export interface FollowedEvent {
  readonly id: string;
  readonly event: EventDocument;
}

/** A stream on which not even a heartbeat comes for so long is dead; the server's come every 15 s. Milliseconds. */
const SILENCE_MAX_MS = 45_000;

/** Before a server has said how long. Milliseconds. */
const RECONNECT_MS = 1_000;

/** `/events`: the log. */
export class EventsApi {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Those that are recorded, in order. */
  list(selection: EventSelection = {}, options: PageOptions = {}): AsyncGenerator<EventDocument> {
    return readItems(this.#transport, ["events"], { ...selection }, options);
  }

  page(selection: EventSelection = {}, options: PageOptions = {}): Promise<Page<EventDocument>> {
    return readPage(this.#transport, ["events"], { ...selection }, options);
  }

  /**
   * The same, and every event that is recorded from then on: in order, none twice, none missed, across connections
   * that break and servers that are started anew. Ends by the signal, throwing its reason; throws what the server
   * refuses (`cursor_foreign` for a cursor of another registry), and `server_unavailable` when it stays away.
   */
  async *follow(options: FollowOptions = {}): AsyncGenerator<FollowedEvent> {
    const { signal } = options;
    let lastEventId = options.lastEventId;
    let reconnectMs = RECONNECT_MS;
    for (;;) {
      try {
        for await (const part of this.#connection(options, lastEventId)) {
          if ("retryMs" in part) reconnectMs = part.retryMs;
          else if (part.id !== undefined) {
            lastEventId = part.id;
            yield { id: part.id, event: JSON.parse(part.data) as EventDocument };
          }
        }
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof Broken)) throw error;
      }
      await pause(reconnectMs, signal);
    }
  }

  /** One connection until it ends; `Broken` when it ends otherwise than in order. */
  async *#connection(
    { since, subject, signal }: FollowOptions,
    lastEventId: string | undefined,
  ): AsyncGenerator<StreamedEvent | { readonly retryMs: number }> {
    const silence = new AbortController();
    const response = await this.#transport.send({
      method: "GET",
      path: ["events"],
      query: { since: lastEventId === undefined ? since : undefined, subject },
      headers: {
        Accept: "text/event-stream",
        ...(lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId }),
      },
      repeat: "always",
      unhurried: true,
      signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
    });
    const parser = new EventStreamParser();
    const reader = response.body?.getReader();
    try {
      for (;;) {
        const chunk = await beforeSilence(reader?.read(), silence);
        if (chunk === undefined || chunk.done) return;
        yield* parser.push(chunk.value);
      }
    } finally {
      silence.abort();
      reader?.cancel().catch(() => undefined);
    }
  }
}

/** The connection is no more; never leaves this file. */
class Broken extends Error {}

async function beforeSilence<T>(
  reading: Promise<T> | undefined,
  silence: AbortController,
): Promise<T | undefined> {
  const timer = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
  try {
    return await reading;
  } catch (cause) {
    throw new Broken("the stream has ended", { cause });
  } finally {
    clearTimeout(timer);
  }
}
