import { readSmallFile } from "../../config/read-small-file.ts";
import type { Settings } from "../../config/settings.ts";
import { TOKENS_FILE_MAX_BYTES } from "../../core/limits.ts";
import { Authenticator } from "../../http/auth/authenticator.ts";
import { loadTokens, type TokenSources } from "../../http/auth/token-sources.ts";
import { RequestLog } from "../../http/request-log.ts";
import { type RunningServer, startServer } from "../../http/start-server.ts";
import { COMMIT, VERSION } from "../build-info.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { withRegistry } from "../with-registry.ts";

/** What ending takes besides the requests that run: closing database and stores. Milliseconds. */
const CLOSING_MS = 10_000;

/** As long as the runtime can count. Seconds. */
const IDLE_TIMEOUT_MAX_SECONDS = 255;

export const command = defineCommand({
  arguments: {},
  async run(context) {
    const { settings } = await context.loadConfig();
    const sources = tokenSources(settings);
    const auth = new Authenticator(loadTokens(sources), { anonymousReads: settings.anonRead });
    const log = new RequestLog({
      level: settings.logLevel,
      readable: context.stderr.isTerminal,
      clock: Date.now,
      write: (line) => void context.stderr.write(line),
    });
    const graceMs = settings.shutdownGraceSeconds * 1000;
    context.extendGrace(graceMs + CLOSING_MS);
    // Asked for before anything is opened: from here on a signal ends the server in order.
    const { signal } = context;
    await withRegistry(context, "write", async (registry) => {
      const server = await startServer({
        serve: context.runtime.serve,
        registry,
        auth,
        limits: limitsOf(settings),
        log,
        program: { version: VERSION, commit: COMMIT },
        host: settings.host,
        port: settings.port,
        ...(settings.metricsPort === undefined ? {} : { metricsPort: settings.metricsPort }),
        idleTimeoutSeconds: Math.min(settings.idleTimeoutSeconds, IDLE_TIMEOUT_MAX_SECONDS),
      });
      const stopListening = context.onHangUp(() => reloadTokens(auth, sources, log));
      try {
        await announce(context, server, auth, settings);
        await aborted(signal);
      } finally {
        log.event("info", "stopping", { grace_ms: graceMs });
        const finished = await server.shutDown(graceMs);
        stopListening();
        log.event(finished ? "info" : "warn", "stopped", { all_requests_finished: finished });
      }
    });
    return 0;
  },
});

function tokenSources({ authTokens, authTokensFile }: Settings): TokenSources {
  const readFile = (path: string) => () => ({
    path,
    text: readSmallFile(path, TOKENS_FILE_MAX_BYTES, { absent: "refuse" }) ?? "",
  });
  return {
    listed: authTokens,
    readFile: authTokensFile === undefined ? undefined : readFile(authTokensFile),
  };
}

function limitsOf(settings: Settings) {
  return {
    fileMaxBytes: settings.uploadMaxBytes,
    archiveMaxBytes: settings.archiveMaxBytes,
    concurrentUploads: settings.uploadsMax,
    bodyTimeoutMs: settings.bodyTimeoutSeconds * 1000,
    bodyMinBytesPerSecond: settings.bodyMinBytesPerSecond,
  };
}

/** Standard output gets one line, for programs that start the server: where it listens, and that it does. */
async function announce(
  context: CommandContext,
  server: RunningServer,
  auth: Authenticator,
  settings: Settings,
): Promise<void> {
  const { url, metricsUrl } = server;
  await context.out.jsonLine({ url, ...(metricsUrl === undefined ? {} : { metrics_url: metricsUrl }) });
  if (auth.tokenCount === 0) {
    const open = settings.anonRead
      ? "reads are open, everything else"
      : "everything but health and documentation";
    await context.notices.warn(`no token is configured: ${open} is answered 401`);
  }
}

/** Tokens that cannot be used change nothing: those of before stay in force. */
function reloadTokens(auth: Authenticator, sources: TokenSources, log: RequestLog): void {
  try {
    auth.replaceTokens(loadTokens(sources));
    log.event("info", "tokens_reloaded", { tokens: auth.tokenCount });
  } catch (error) {
    log.event("error", "tokens_not_reloaded", {
      message: error instanceof Error ? error.message : String(error),
    });
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
