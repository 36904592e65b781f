import type { Exchange } from "../exchange.ts";
import { jsonAnswer } from "../openapi/json-content.ts";
import { ref } from "../openapi/schemas.ts";
import { renderMetrics } from "../render-metrics.ts";
import { jsonResponse } from "../respond.ts";
import type { Route } from "../route.ts";

export const serviceRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/",
    scope: "open",
    operation: {
      id: "banner",
      tag: "service",
      summary: "What answers here",
      responses: { "200": jsonAnswer("Name and version", ref("Banner")) },
    },
    handle: banner,
  },
  {
    method: "GET",
    path: "/metrics",
    scope: "admin",
    operation: {
      id: "metrics",
      tag: "service",
      summary: "Counters and gauges for Prometheus",
      responses: { "200": { description: "Text form 0.0.4", content: { "text/plain": { type: "string" } } } },
    },
    handle: ({ services }) => renderMetrics(services),
  },
];

async function banner({ services }: Exchange): Promise<Response> {
  const { version, commit } = services.program;
  return jsonResponse({
    name: "artifactstore",
    version,
    commit: commit ?? null,
    documentation: "/docs",
    openapi: "/openapi.json",
  });
}
