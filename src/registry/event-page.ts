import type { JsonObject } from "../core/cbor-value.ts";
import { parseUuid } from "../core/uuid.ts";
import { eventCursorOwner, formatEventCursor, parseEventCursor } from "./event-cursor.ts";
import { type EventSelection, listEvents } from "./list-events.ts";
import type { ListPage, PageRequest } from "./list-packages.ts";
import { checkPageLimit } from "./page-limit.ts";
import type { RegistryContext } from "./registry-context.ts";

/**
 * One page of events in order of sequence. Throws `invalid_input`, `limit_exceeded`, `cursor_foreign`.
 *
 * @param selection `since` counts where the page has no cursor
 */
export async function eventPage(
  context: RegistryContext,
  selection: Omit<EventSelection, "limit">,
  page: PageRequest = {},
): Promise<ListPage> {
  const limit = checkPageLimit(page.limit);
  const since =
    page.cursor === undefined ? (selection.since ?? 0) : await parseEventCursor(context, page.cursor);
  const items: JsonObject[] = [];
  // One more than asked for tells whether there is a next page.
  for await (const event of listEvents(context, { ...selection, since, limit: limit + 1 })) items.push(event);
  const shown = items.slice(0, limit);
  const last = items.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown,
    nextCursor:
      last === undefined
        ? undefined
        : formatEventCursor(await eventCursorOwner(context), Number(last["sequence"])),
  };
}

/** The same of one package, whose existence the caller has checked. */
export function packageEventPage(
  context: RegistryContext,
  packageId: string,
  page: PageRequest,
): Promise<ListPage> {
  return eventPage(context, { subject: parseUuid(packageId, "package id") }, page);
}
