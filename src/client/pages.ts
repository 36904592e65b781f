import type { Page, PageOptions } from "./documents.ts";
import type { QueryValues, Transport } from "./transport.ts";

/** One page of a list. */
export async function readPage<Item>(
  transport: Transport,
  path: readonly string[],
  query: QueryValues,
  { limit, cursor, signal }: PageOptions,
): Promise<Page<Item>> {
  return await transport.json({
    method: "GET",
    path,
    query: { ...query, limit, cursor },
    repeat: "always",
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Every item of a list from a place on, a page in memory at a time. */
export async function* readItems<Item>(
  transport: Transport,
  path: readonly string[],
  query: QueryValues,
  options: PageOptions,
): AsyncGenerator<Item> {
  let cursor = options.cursor;
  do {
    const page: Page<Item> = await readPage(transport, path, query, {
      ...options,
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield* page.items;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
}
