import { Elysia } from "elysia";
import { answerRoute } from "./answer-route.ts";
import type { ApiServices } from "./api-services.ts";
import type { Route } from "./route.ts";

/**
 * The routes of one resource as an Elysia instance. `parse: "none"` keeps the framework's hands off bodies; its dynamic
 * mode would not heed that, so instances are compiled. Handlers ask for nothing but the request. HEAD is answered by the
 * route of GET: Elysia sees to that, and the door to its length.
 */
export function resource(name: string, services: ApiServices, routes: readonly Route[]) {
  const app = new Elysia({ name, ...ELYSIA_OPTIONS });
  for (const route of routes) {
    app.route(route.method, route.path, ({ request }) => answerRoute(services, route, request), {
      parse: "none",
    });
  }
  return app;
}

export const ELYSIA_OPTIONS = { aot: true, normalize: false, strictPath: true } as const;
