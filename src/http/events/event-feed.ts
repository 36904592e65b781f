import { ArtifactstoreError } from "../../core/errors.ts";
import { EVENT_FOLLOWERS_MAX } from "../../core/limits.ts";
import { eventCursorOwner } from "../../registry/event-cursor.ts";
import { FOLLOW_TIMEOUT_MS, listEvents } from "../../registry/list-events.ts";
import { logHead } from "../../registry/log-head.ts";
import { PackageProducers } from "../../registry/package-producers.ts";
import type { RegistryContext } from "../../registry/registry-context.ts";
import { RecentEvents } from "./recent-events.ts";
import { renderEvent } from "./render-event.ts";

/** After the database could not be read. Milliseconds. */
const FAILURE_PAUSE_MS = 1_000;

/**
 * Tells all followers of the log what is recorded. One loop reads each new event once and renders it once, however many
 * follow; who is further behind than what is remembered reads for itself. The loop runs while somebody follows.
 */
export class EventFeed {
  readonly recent = new RecentEvents();
  readonly #registry: RegistryContext;
  readonly #producers = new PackageProducers();
  readonly #stopped: AbortSignal;
  #followers = 0;
  #loop: { readonly controller: AbortController; readonly ended: Promise<void> } | undefined;

  /** @param stopped aborts when followers are to be sent away */
  constructor(registry: RegistryContext, stopped: AbortSignal) {
    this.#registry = registry;
    this.#stopped = stopped;
  }

  get followerCount(): number {
    return this.#followers;
  }

  get stopped(): AbortSignal {
    return this.#stopped;
  }

  /** Call `leave` for each `join`. Throws `too_many_requests`. */
  join(): void {
    if (this.#followers >= EVENT_FOLLOWERS_MAX) {
      throw new ArtifactstoreError(
        "too_many_requests",
        `Cannot follow the events: ${EVENT_FOLLOWERS_MAX} others do`,
      );
    }
    this.#followers += 1;
    if (this.#loop !== undefined) return;
    const controller = new AbortController();
    this.#loop = { controller, ended: this.#run(controller.signal) };
  }

  leave(): void {
    this.#followers -= 1;
    if (this.#followers > 0) return;
    this.#loop?.controller.abort();
    this.#loop = undefined;
    this.recent.forget();
  }

  /** Resolves once nothing is read any more. */
  async close(): Promise<void> {
    const loop = this.#loop;
    loop?.controller.abort();
    await loop?.ended;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([signal, this.#stopped]);
    while (!ended.aborted) {
      try {
        await this.#follow(ended);
      } catch {
        // Followers go on where they are: they read for themselves what the loop has not told.
        await pause(FAILURE_PAUSE_MS, ended);
      }
    }
  }

  async #follow(ended: AbortSignal): Promise<void> {
    const { database } = this.#registry;
    let since = this.recent.head ?? (await logHead(this.#registry)).sequence;
    if (!ended.aborted) this.recent.begin(since);
    while (!ended.aborted) {
      // Before reading: what is recorded between the last page and the waiting would be missed otherwise.
      const appended = database.nextAppend(ended, FOLLOW_TIMEOUT_MS);
      appended.catch(() => undefined);
      let owner: string | undefined;
      for await (const event of listEvents(this.#registry, { since })) {
        owner ??= await eventCursorOwner(this.#registry);
        const producer =
          event["subject_kind"] === "package"
            ? await this.#producers.producerOf(this.#registry, String(event["subject_id"]))
            : undefined;
        // Nobody follows any more: what is remembered begins anew with the next who does.
        if (ended.aborted) return;
        since = Number(event["sequence"]);
        this.recent.add({ sequence: since, producer, text: renderEvent(owner, event) });
      }
      await appended;
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((wake) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      wake();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
