import type { PageRequest } from "../registry/list-packages.ts";
import type { Parameter } from "./openapi/operation.ts";
import type { QueryParameters } from "./query-parameters.ts";

/** What every list takes, for the OpenAPI document. */
export const PAGE_PARAMETERS: readonly Parameter[] = [
  {
    name: "limit",
    in: "query",
    description: "Items of this page",
    schema: { type: "integer", minimum: 1, maximum: 1000, default: 100 },
  },
  {
    name: "cursor",
    in: "query",
    description: "`next_cursor` of the page before, as it was",
    schema: { type: "string" },
  },
];

export function pageRequest(query: QueryParameters): PageRequest {
  const limit = query.count("limit");
  const cursor = query.text("cursor");
  return { ...(limit === undefined ? {} : { limit }), ...(cursor === undefined ? {} : { cursor }) };
}
