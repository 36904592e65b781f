import { checkHealth } from "../../registry/check-health.ts";
import type { Exchange } from "../exchange.ts";
import { jsonAnswer } from "../openapi/json-content.ts";
import type { Operation } from "../openapi/operation.ts";
import { object, ref } from "../openapi/schemas.ts";
import { jsonResponse } from "../respond.ts";
import type { Route } from "../route.ts";

const STATE = object({ status: { enum: ["ok", "stopping", "degraded"] } });

function operation(id: string, summary: string, schema: ReturnType<typeof ref>): Operation {
  return {
    id,
    tag: "service",
    summary,
    responses: {
      "200": jsonAnswer("All is well", schema),
      "503": jsonAnswer("It is not", schema),
    },
  };
}

export const healthRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/health",
    scope: "open",
    operation: operation("health", "Whether the database and the storage backends answer", ref("Health")),
    handle: health,
  },
  {
    method: "GET",
    path: "/health/live",
    scope: "open",
    operation: {
      id: "live",
      tag: "service",
      summary: "Whether the server runs",
      responses: { "200": jsonAnswer("It does", STATE) },
    },
    handle: async () => jsonResponse({ status: "ok" }),
  },
  {
    method: "GET",
    path: "/health/ready",
    scope: "open",
    operation: operation("ready", "Whether the server takes requests", STATE),
    handle: ready,
  },
];

async function health({ registry }: Exchange): Promise<Response> {
  const { healthy, database, backends } = await checkHealth(registry);
  const described = backends.map((backend) => ({
    backend_id: backend.backendId,
    healthy: backend.healthy,
    detail: backend.detail,
    free_bytes: backend.freeBytes ?? null,
    total_bytes: backend.totalBytes ?? null,
  }));
  // One backend stands for all where a reader knows of one alone: the first that is not well.
  const backend = described.find((one) => !one.healthy) ?? described[0] ?? null;
  return jsonResponse(
    { status: healthy ? "ok" : "degraded", db: { ...database }, backend, backends: described },
    { status: healthy ? 200 : 503 },
  );
}

async function ready({ registry, services }: Exchange): Promise<Response> {
  if (services.state.draining) return jsonResponse({ status: "stopping" }, { status: 503 });
  const { healthy } = await checkHealth(registry);
  return jsonResponse({ status: healthy ? "ok" : "degraded" }, { status: healthy ? 200 : 503 });
}
