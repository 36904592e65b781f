import { printCanonicalJson } from "../../core/canonical-json.ts";
import type { JsonObject } from "../../core/cbor-value.ts";
import { followEvents, listEvents } from "../../registry/list-events.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { parseCount } from "../parse-count.ts";
import { withRegistry } from "../with-registry.ts";

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
  },
  async run(context, values) {
    const selection = {
      ...(values.since === undefined ? {} : { since: parseCount("--since", values.since) }),
      ...(values.limit === undefined ? {} : { limit: parseCount("--limit", values.limit) }),
      ...(values.subject === undefined ? {} : { subject: values.subject }),
    };
    await withRegistry(context, "read", async (registry) => {
      if (values.follow) await follow(context, followEvents(registry, selection, context.signal));
      else await printAll(context, listEvents(registry, selection));
    });
    return 0;
  },
});

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
