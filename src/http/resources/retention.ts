import { explainRetention } from "../../registry/explain-retention.ts";
import type { Exchange } from "../exchange.ts";
import { jsonAnswer } from "../openapi/json-content.ts";
import { pageOf, ref } from "../openapi/schemas.ts";
import { jsonResponse, pageResponse } from "../respond.ts";
import type { Route } from "../route.ts";

export const retentionRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/retention-classes",
    scope: "read",
    operation: {
      id: "listRetentionClasses",
      tag: "retention",
      summary: "List the retention classes that packages can be created with",
      responses: { "200": jsonAnswer("All of them", pageOf(ref("RetentionClass"))) },
    },
    handle: classes,
  },
  {
    method: "GET",
    path: "/packages/:package_id/retention",
    scope: "read",
    operation: {
      id: "explainRetention",
      tag: "retention",
      summary: "Why a package is kept, and until when: class, rule, date, extensions, holds",
      responses: { "200": jsonAnswer("The explanation", ref("Retention")) },
      problems: ["package_not_found", "invalid_input"],
    },
    handle: explain,
  },
];

async function classes({ registry }: Exchange): Promise<Response> {
  const items = [...registry.retentionClasses.values()].map(({ name, durationSeconds }) => ({
    name,
    default_duration_seconds: durationSeconds ?? null,
  }));
  return pageResponse({ items, nextCursor: undefined });
}

async function explain({ registry, principal, params }: Exchange): Promise<Response> {
  return jsonResponse(await explainRetention(registry, principal, params["package_id"] ?? ""));
}
