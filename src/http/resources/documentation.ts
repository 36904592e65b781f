import type { Exchange } from "../exchange.ts";
import { jsonResponse } from "../respond.ts";
import type { Route } from "../route.ts";

/** The page runs nothing and fetches nothing. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const documentationRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/openapi.json",
    scope: "open",
    operation: {
      id: "openApi",
      tag: "service",
      summary: "This API as OpenAPI 3.1",
      responses: {
        "200": {
          description: "The document",
          content: { "application/json": { type: "object", additionalProperties: true } },
        },
      },
    },
    handle: openApi,
  },
  {
    method: "GET",
    path: "/docs",
    scope: "open",
    operation: {
      id: "documentation",
      tag: "service",
      summary: "This API for people",
      responses: { "200": { description: "A page", content: { "text/html": { type: "string" } } } },
    },
    handle: page,
  },
];

/** Loaded when somebody asks: most servers are never asked. */
async function openApi({ services }: Exchange): Promise<Response> {
  const { openApiDocument } = await import("../openapi/openapi-document.ts");
  return jsonResponse(openApiDocument(services.program.version));
}

async function page({ services }: Exchange): Promise<Response> {
  const { documentationPage } = await import("../openapi/documentation-page.ts");
  return new Response(documentationPage(services.program.version), {
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": PAGE_POLICY,
      "Cache-Control": "no-cache",
      "X-Content-Type-Options": "nosniff",
    },
  });
}
