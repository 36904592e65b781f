import type { Page } from "../client/documents.ts";
import type { JsonObject } from "../core/cbor-value.ts";
import type { ListPage } from "../registry/list-packages.ts";
import type { CommandContext } from "./command-context.ts";

/** A page of a server as the registry has it. */
export function receivedPage({ items, next_cursor }: Page<object>): ListPage {
  return { items: items as readonly JsonObject[] as JsonObject[], nextCursor: next_cursor ?? undefined };
}

/** A list as the HTTP API has it: `next_cursor` is null on the last page. */
export async function printPage(context: CommandContext, page: ListPage): Promise<void> {
  await context.out.json({ items: page.items, next_cursor: page.nextCursor ?? null });
}
