import type { JsonValue } from "../core/cbor-value.ts";
import type { ListPage } from "../registry/list-packages.ts";

/** What is true of every answer with data: nobody in between keeps it, and no browser guesses at it. */
const HEADERS = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };

export function jsonResponse(
  value: JsonValue | Readonly<Record<string, unknown>>,
  options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  return new Response(`${JSON.stringify(value)}\n`, {
    status: options.status ?? 200,
    headers: { ...HEADERS, "Content-Type": "application/json", ...options.headers },
  });
}

export function pageResponse({ items, nextCursor }: ListPage): Response {
  return jsonResponse({ items, next_cursor: nextCursor ?? null });
}

/** 201, and where the new thing is. */
export function createdResponse(
  location: string,
  value: Readonly<Record<string, unknown>>,
  status: 200 | 201 = 201,
): Response {
  return jsonResponse(value, { status, headers: { Location: location } });
}
