import type { JsonValue } from "../../core/cbor-value.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";

/** How long a server may take to say how it is. Milliseconds. */
const PATIENCE_MS = 10_000;

export const command = defineCommand({
  arguments: {
    url: {
      type: "string",
      description: "The server; otherwise ARTIFACTSTORE_API_URL, or this host's",
      valueHint: "url",
    },
  },
  async run(context, values) {
    const { settings } = await context.loadConfig();
    const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
    const base = values.url ?? settings.apiUrl ?? `http://${host}:${settings.port}`;
    const { document, healthy } = await askHealth(base, context.signal);
    await context.out.json(document);
    if (healthy) return 0;
    await context.notices.warn(`the server at ${base} is not well`);
    return 7;
  },
});

async function askHealth(
  base: string,
  signal: AbortSignal,
): Promise<{ readonly document: JsonValue; readonly healthy: boolean }> {
  const unavailable = (state: string, cause?: unknown) =>
    new ArtifactstoreError("server_unavailable", `Cannot ask the server at "${base}": ${state}`, { cause });
  let response: Response;
  let document: JsonValue;
  try {
    const ended = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    response = await fetch(new URL("health", base.endsWith("/") ? base : `${base}/`), { signal: ended });
    document = (await response.json()) as JsonValue;
  } catch (cause) {
    signal.throwIfAborted();
    throw unavailable(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (response.status !== 200 && response.status !== 503) throw unavailable(`it answers ${response.status}`);
  return { document, healthy: response.status === 200 };
}
