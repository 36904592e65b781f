import { ArtifactstoreError } from "../core/errors.ts";
import type { ApiHandler } from "./api.ts";
import type { ApiServices } from "./api-services.ts";
import { problemResponse } from "./problem.ts";
import { renderMetrics } from "./render-metrics.ts";

/** Answers `/metrics` and nothing else, without a token: for a listener that only the monitoring reaches. */
export function metricsOnly(services: ApiServices): ApiHandler {
  return async (request) => {
    const requestId = services.registry.newRandomId();
    try {
      if (new URL(request.url).pathname === "/metrics" && request.method === "GET")
        return await renderMetrics(services);
      throw new ArtifactstoreError(
        "route_not_found",
        'Cannot find the resource: there is only "/metrics" here',
      );
    } catch (error) {
      return problemResponse(error, requestId);
    }
  };
}
