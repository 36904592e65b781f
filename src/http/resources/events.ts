import { ArtifactstoreError } from "../../core/errors.ts";
import { parseEventCursor } from "../../registry/event-cursor.ts";
import { eventPage } from "../../registry/event-page.ts";
import { logHead } from "../../registry/log-head.ts";
import { eventStream } from "../events/event-stream.ts";
import type { Exchange } from "../exchange.ts";
import type { Operation } from "../openapi/operation.ts";
import { pageOf, ref } from "../openapi/schemas.ts";
import { PAGE_PARAMETERS, pageRequest } from "../page-parameters.ts";
import { QueryParameters } from "../query-parameters.ts";
import { pageResponse } from "../respond.ts";
import type { Route } from "../route.ts";
import { streamResponse } from "../stream-response.ts";

const EVENT_STREAM = "text/event-stream";

const operation: Operation = {
  id: "listEvents",
  tag: "events",
  summary: "Read the event log, or follow it",
  description:
    "With `Accept: text/event-stream` the answer begins with the events after the place that `Last-Event-ID`, `cursor` or `since` names and goes on with every event that is recorded, each once and in order, until the client leaves; the id of each is the cursor that resumes after it.",
  parameters: [
    {
      name: "since",
      in: "query",
      description: "Only events after this sequence",
      schema: { type: "integer", minimum: 0, default: 0 },
    },
    {
      name: "subject",
      in: "query",
      description: "Only events about this package (a UUID) or metadata schema (a slug)",
      schema: { type: "string" },
    },
    {
      name: "Last-Event-ID",
      in: "header",
      description: "The id of the last event that a follower got",
      schema: { type: "string" },
    },
    ...PAGE_PARAMETERS,
  ],
  responses: {
    "200": {
      description: "One page, or the stream",
      content: {
        "application/json": pageOf(ref("Event")),
        [EVENT_STREAM]: { type: "string", description: "Each `data` is an `Event`" },
      },
    },
  },
  problems: ["invalid_input", "limit_exceeded", "cursor_foreign", "too_many_requests"],
};

export const eventRoutes: readonly Route[] = [
  { method: "GET", path: "/events", scope: "read", operation, handle },
];

async function handle(exchange: Exchange): Promise<Response> {
  const { request, registry, principal, url } = exchange;
  const query = new QueryParameters(url.searchParams);
  const page = pageRequest(query);
  const since = query.count("since");
  const subject = query.text("subject");
  query.done();
  const selection = {
    ...(since === undefined ? {} : { since }),
    ...(subject === undefined ? {} : { subject }),
    ...(principal.producer === undefined ? {} : { producer: principal.producer }),
  };
  if (!wantsStream(request)) return pageResponse(await eventPage(registry, selection, page));
  const cursor = request.headers.get("last-event-id") || page.cursor;
  const from = cursor === undefined ? (since ?? 0) : await parseEventCursor(registry, cursor);
  return await follow(exchange, { ...selection, since: from });
}

function wantsStream(request: Request): boolean {
  const accepted = (request.headers.get("accept") ?? "").split(",");
  return accepted.some((type) => type.split(";")[0]?.trim().toLowerCase() === EVENT_STREAM);
}

async function follow(
  exchange: Exchange,
  selection: { readonly since: number; readonly subject?: string; readonly producer?: string },
): Promise<Response> {
  const { registry, services, signal } = exchange;
  const { sequence } = await logHead(registry);
  if (selection.since > sequence) {
    // A log that ends before what a follower has seen is not the log that it followed.
    throw new ArtifactstoreError(
      "invalid_input",
      `Cannot follow the events from ${selection.since}: the log ends at ${sequence}`,
    );
  }
  const headers = { "Content-Type": EVENT_STREAM, "Cache-Control": "no-store", "X-Accel-Buffering": "no" };
  if (exchange.request.method === "HEAD") return new Response(null, { headers });
  services.feed.join();
  // Of a client that leaves the runtimes tell by the stream; `request.signal` means another thing on each.
  const left = new AbortController();
  const ended = AbortSignal.any([signal, left.signal, services.state.drained]);
  return streamResponse(exchange, eventStream(registry, services.feed, selection, ended), {
    headers,
    onCancel: () => left.abort(),
  });
}
