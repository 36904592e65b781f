import type { ListPage } from "../registry/list-packages.ts";
import type { CommandContext } from "./command-context.ts";

/** A list as the HTTP API has it: `next_cursor` is null on the last page. */
export async function printPage(context: CommandContext, page: ListPage): Promise<void> {
  await context.out.json({ items: page.items, next_cursor: page.nextCursor ?? null });
}
