import { randomUUID } from "node:crypto";
import { Elysia } from "elysia";
import { ArtifactstoreError } from "../core/errors.ts";
import type { HttpPeer } from "../core/http-port.ts";
import { HTTP_HEADERS_MAX_BYTES, HTTP_TARGET_MAX_LENGTH } from "../core/limits.ts";
import { allowedMethods } from "./allowed-methods.ts";
import type { ApiServices } from "./api-services.ts";
import { problemResponse } from "./problem.ts";
import { infoOf, noteRequest, type RequestInfo } from "./request-info.ts";
import { ELYSIA_OPTIONS, resource } from "./resource.ts";
import { RESOURCES } from "./resources.ts";
import { routeNotFound } from "./route-not-found.ts";

/** Answers one request; never throws. */
export type ApiHandler = (request: Request, peer: HttpPeer) => Promise<Response>;

/** The whole API: one Elysia instance for each resource, behind one door that names, counts and logs requests. */
export function createApi(services: ApiServices): ApiHandler {
  const app = new Elysia({ name: "artifactstore", ...ELYSIA_OPTIONS });
  for (const [name, routes] of Object.entries(RESOURCES)) app.use(resource(name, services, routes));
  app.onError(({ code, request, error }) => {
    const info = infoOf(request);
    if (code === "NOT_FOUND") return answerUnrouted(request, info);
    info.error = error;
    return problemResponse(error, info.requestId);
  });
  const answer = app.fetch;
  return async (received, peer) => {
    const info: RequestInfo = {
      requestId: randomUUID(),
      peer,
      startedAt: performance.now(),
      route: undefined,
      actor: undefined,
      headLength: undefined,
      bytesIn: 0,
      bytesOut: 0,
      streamed: false,
      onStreamEnd: undefined,
      error: undefined,
    };
    const request = normalised(received);
    noteRequest(request, info);
    services.state.beginRequest();
    const response = ownResponse(request, info, await guardedAnswer(services, request, info, answer));
    // A connection that stays open would only bring what is refused from now on.
    if (services.state.draining) response.headers.set("Connection", "close");
    response.headers.set("Request-Id", info.requestId);
    const finish = (error: unknown) => {
      services.state.endRequest();
      if (error !== undefined) info.error = error;
      services.metrics.count(request, response, info);
      services.log.request(request, response, info);
    };
    if (info.streamed) info.onStreamEnd = finish;
    else finish(undefined);
    return response;
  };
}

/** Elysia answers HEAD with the length of no body: what the route said is put right. */
function ownResponse(request: Request, info: RequestInfo, response: Response): Response {
  if (request.method !== "HEAD") return response;
  const headers = new Headers(response.headers);
  headers.delete("Content-Length");
  if (info.headLength !== undefined) headers.set("Content-Length", String(info.headLength));
  return new Response(null, { status: response.status, headers });
}

async function guardedAnswer(
  { state }: ApiServices,
  request: Request,
  info: RequestInfo,
  answer: (request: Request) => Response | Promise<Response>,
): Promise<Response> {
  try {
    checkHead(request);
    if (state.draining && !new URL(request.url).pathname.startsWith("/health")) {
      throw new ArtifactstoreError("shutting_down", "Cannot answer the request: the server is shutting down");
    }
    return await answer(request);
  } catch (error) {
    info.error = error;
    return problemResponse(error, info.requestId);
  }
}

/** Elysia looks for the path from here on, and so misses it behind a host of fewer than four characters. */
const PATH_FROM = 11;

/**
 * Dot segments and such are resolved as the URL standard says. Bun does it before anybody can look, so it is done
 * everywhere: what is matched is what is read later. The host, which means nothing to us, is made one that Elysia can read.
 */
function normalised(request: Request): Request {
  const url = new URL(request.url);
  if (url.origin.length < PATH_FROM) url.host = "localhost";
  return url.href === request.url ? request : new Request(url.href, request);
}

function checkHead(request: Request): void {
  let headerBytes = 0;
  for (const [name, value] of request.headers) headerBytes += name.length + value.length + 4;
  if (headerBytes > HTTP_HEADERS_MAX_BYTES) {
    throw new ArtifactstoreError(
      "limit_exceeded",
      `Cannot read the request: its headers have more than ${HTTP_HEADERS_MAX_BYTES} bytes`,
    );
  }
  if (request.url.length > HTTP_TARGET_MAX_LENGTH) {
    throw new ArtifactstoreError(
      "limit_exceeded",
      `Cannot read the request: its target has more than ${HTTP_TARGET_MAX_LENGTH} characters`,
    );
  }
}

/** No route: there is no such resource, or it does not have the method, or the question is which methods it has. */
function answerUnrouted(request: Request, info: RequestInfo): Response {
  const { pathname } = new URL(request.url);
  const methods = allowedMethods(pathname);
  if (methods.length === 0) {
    const error = routeNotFound(pathname);
    info.error = error;
    return problemResponse(error, info.requestId);
  }
  const allow = methods.join(", ");
  if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: { Allow: allow } });
  const error = new ArtifactstoreError(
    "method_not_allowed",
    `Cannot ${request.method} this resource: it has ${allow}`,
  );
  info.error = error;
  return problemResponse(error, info.requestId, { Allow: allow });
}
