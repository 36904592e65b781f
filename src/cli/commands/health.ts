import { API_ARGUMENTS } from "../api-arguments.ts";
import { defineCommand } from "../command.ts";
import { withRemote } from "../with-remote.ts";

/** How long a server may take to say how it is. Milliseconds. */
const PATIENCE_MS = 10_000;

const UNAVAILABLE_EXIT = 7;

export const command = defineCommand({
  arguments: {
    api: { ...API_ARGUMENTS.api, description: "The server [ARTIFACTSTORE_API_URL]; otherwise this host's" },
  },
  async run(context) {
    const { settings } = await context.loadConfig();
    const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
    const server = (await context.server()) ?? { url: `http://${host}:${settings.port}`, token: undefined };
    const { document, healthy } = await withRemote(context, server, ({ client }) =>
      client.health({ signal: context.signal, timeoutMs: PATIENCE_MS }),
    );
    await context.out.json(document);
    if (healthy) return 0;
    await context.notices.warn(`the server at ${server.url} is not well`);
    return UNAVAILABLE_EXIT;
  },
});
