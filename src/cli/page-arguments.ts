import type { PageRequest } from "../registry/list-packages.ts";
import { parseCount } from "./parse-count.ts";

/** The flags of every command that prints a list page by page. */
export const PAGE_ARGUMENTS = {
  limit: { type: "string", description: "Items at most (100; 1000 is the most)", valueHint: "n" },
  cursor: { type: "string", description: "next_cursor of the page before", valueHint: "cursor" },
} as const;

export function pageRequest(values: {
  readonly limit: string | undefined;
  readonly cursor: string | undefined;
}): PageRequest {
  return {
    ...(values.limit === undefined ? {} : { limit: parseCount("--limit", values.limit) }),
    ...(values.cursor === undefined ? {} : { cursor: values.cursor }),
  };
}
