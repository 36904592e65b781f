import { printCanonicalJson } from "../../core/canonical-json.ts";
import type { JsonObject } from "../../core/cbor-value.ts";
import { LIST_ITEMS_MAX } from "../../core/limits.ts";
import { type EventSelection, followEvents, listEvents } from "../../registry/list-events.ts";
import type { RemoteRegistry } from "../../remote/remote-registry.ts";
import { API_ARGUMENTS } from "../api-arguments.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { parseCount } from "../parse-count.ts";
import { withRegistryOrServer } from "../with-remote.ts";

export const command = defineCommand({
  arguments: {
    since: { type: "string", description: "Only events after this sequence", valueHint: "sequence" },
    limit: { type: "string", description: "At most so many", valueHint: "n" },
    subject: {
      type: "string",
      description: "Only events about this package or metadata schema",
      valueHint: "id",
    },
    follow: { type: "boolean", alias: "f", description: "Wait for further events until interrupted" },
    ...API_ARGUMENTS,
  },
  async run(context, values) {
    const selection = {
      ...(values.since === undefined ? {} : { since: parseCount("--since", values.since) }),
      ...(values.limit === undefined ? {} : { limit: parseCount("--limit", values.limit) }),
      ...(values.subject === undefined ? {} : { subject: values.subject }),
    };
    const print = (events: AsyncIterable<JsonObject>) =>
      values.follow ? follow(context, events) : printAll(context, events);
    await withRegistryOrServer(context, "read", {
      direct: (registry) =>
        print(
          values.follow ? followEvents(registry, selection, context.signal) : listEvents(registry, selection),
        ),
      remote: (remote) => print(remoteEvents(remote, selection, values.follow, context.signal)),
    });
    return 0;
  },
});

/** The same from a server. */
async function* remoteEvents(
  { client }: RemoteRegistry,
  { limit, ...selection }: EventSelection,
  follows: boolean,
  signal: AbortSignal,
): AsyncGenerator<JsonObject> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  if (left === 0) return;
  const pages = { limit: Math.min(left, LIST_ITEMS_MAX), signal };
  const events = follows
    ? client.events.follow({ ...selection, signal })
    : client.events.list(selection, pages);
  for await (const item of events) {
    const event = "event" in item ? item.event : item;
    yield event as unknown as JsonObject;
    left -= 1;
    if (left === 0) return;
  }
}

/** Being interrupted is how following ends, and no failure. */
async function follow(context: CommandContext, events: AsyncIterable<JsonObject>): Promise<void> {
  try {
    await printAll(context, events);
  } catch (error) {
    if (!context.signal.aborted || error !== context.signal.reason) throw error;
  }
}

async function printAll(context: CommandContext, events: AsyncIterable<JsonObject>): Promise<void> {
  for await (const event of events) {
    await printEvent(context, event);
    context.signal.throwIfAborted();
  }
}

/** One line of canonical JSON (RFC 8785) for programs; on a terminal the same value with its dangers escaped. */
async function printEvent({ out }: CommandContext, event: JsonObject): Promise<void> {
  if (out.isTerminal) await out.jsonLine(event);
  else await out.text(`${printCanonicalJson(event)}\n`);
}
