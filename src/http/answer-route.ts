import { ArtifactstoreError } from "../core/errors.ts";
import type { ApiServices } from "./api-services.ts";
import { ANONYMOUS, type Principal } from "./auth/principal.ts";
import type { Exchange } from "./exchange.ts";
import { decodeParameters, matchPath } from "./match-path.ts";
import { problemResponse } from "./problem.ts";
import { infoOf, type RequestInfo } from "./request-info.ts";
import type { Route } from "./route.ts";
import { routeNotFound } from "./route-not-found.ts";

/** Who asks, whether they may, the answer; every failure is a problem document. Never throws. */
export async function answerRoute(services: ApiServices, route: Route, request: Request): Promise<Response> {
  const info = infoOf(request);
  info.route = route.path;
  const response = await answerOrProblem(services, route, request, info);
  for (const [name, value] of Object.entries(route.responseHeaders ?? {})) response.headers.set(name, value);
  return request.method === "HEAD" ? await headOf(response, info) : response;
}

async function answerOrProblem(
  services: ApiServices,
  route: Route,
  request: Request,
  info: RequestInfo,
): Promise<Response> {
  try {
    return await answer(services, route, request);
  } catch (error) {
    info.error = error;
    return problemResponse(error, info.requestId);
  }
}

async function answer(services: ApiServices, route: Route, request: Request): Promise<Response> {
  const info = infoOf(request);
  const principal = principalOf(services, route, request);
  info.actor = principal.actor;
  const url = new URL(request.url);
  const matched = matchPath(route.path, url.pathname);
  // The router is more lenient than the table (a slash at the end): one resource has one path.
  if (matched === undefined) throw routeNotFound(url.pathname);
  const exchange: Exchange = {
    request,
    requestId: info.requestId,
    url,
    params: decodeParameters(matched),
    principal,
    registry: { ...services.registry, actor: principal.actor },
    services,
    signal: services.state.stopped,
  };
  if (route.takesFiles !== true) return await route.handle(exchange);
  const { state, limits } = services;
  if (!state.beginUpload(limits.concurrentUploads)) {
    throw new ArtifactstoreError(
      "too_many_requests",
      `Cannot take files: ${limits.concurrentUploads} uploads are under way`,
    );
  }
  try {
    return await route.handle(exchange);
  } finally {
    state.endUpload();
  }
}

function principalOf({ auth }: ApiServices, route: Route, request: Request): Principal {
  if (route.scope === "open") return ANONYMOUS;
  return auth.authenticate(request.headers.get("authorization"), route.scope);
}

/** The head of an answer says how long its body would have been, where that is known. */
async function headOf(response: Response, info: RequestInfo): Promise<Response> {
  const declared = response.headers.get("Content-Length");
  if (declared !== null) info.headLength = Number(declared);
  else if (response.body !== null && !info.streamed)
    info.headLength = (await response.arrayBuffer()).byteLength;
  if (!response.bodyUsed) await response.body?.cancel();
  info.streamed = false;
  return new Response(null, { status: response.status, headers: response.headers });
}
