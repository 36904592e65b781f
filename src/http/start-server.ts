import type { HttpListener, ServeOptions } from "../core/http-port.ts";
import type { RegistryContext } from "../registry/registry-context.ts";
import { clearExpiredUploads } from "../registry/uploads/end-uploads.ts";
import { createApi } from "./api.ts";
import type { ApiLimits } from "./api-limits.ts";
import type { ApiServices } from "./api-services.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import { EventFeed } from "./events/event-feed.ts";
import { Metrics } from "./metrics.ts";
import { metricsOnly } from "./metrics-only.ts";
import type { RequestLog } from "./request-log.ts";
import { ServerState } from "./server-state.ts";

export interface ServerOptions {
  readonly serve: (options: ServeOptions) => Promise<HttpListener>;
  readonly registry: RegistryContext;
  readonly auth: Authenticator;
  readonly limits: ApiLimits;
  readonly log: RequestLog;
  readonly program: ApiServices["program"];
  readonly host: string;
  readonly port: number;
  /** `/metrics` for everybody on a port of its own; absent: only with a token. */
  readonly metricsPort?: number;
  readonly idleTimeoutSeconds: number;
}

export interface RunningServer {
  /** `http://127.0.0.1:8000`. */
  readonly url: string;
  readonly metricsUrl: string | undefined;
  /**
   * Ends in order: not ready from now on, followers of events are sent away, then no new connections, what runs goes on
   * for so long, then everything ends. Answers whether all requests could finish.
   */
  shutDown(graceMs: number): Promise<boolean>;
}

/** Listens and answers until it is shut down. Throws `configuration` where it cannot listen. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { serve, registry, host, port, metricsPort, idleTimeoutSeconds } = options;
  const state = new ServerState();
  const services: ApiServices = {
    registry,
    auth: options.auth,
    limits: options.limits,
    log: options.log,
    metrics: new Metrics(),
    state,
    feed: new EventFeed(registry, state.drained),
    program: options.program,
  };
  const listener = await serve({ host, port, idleTimeoutSeconds, handle: createApi(services) });
  const beside =
    metricsPort === undefined
      ? undefined
      : await listenBeside(listener, () =>
          serve({ host, port: metricsPort, idleTimeoutSeconds, handle: metricsOnly(services) }),
        );
  const clearing = setInterval(() => clearUploads(services), CLEARING_MS);
  clearing.unref();
  return {
    url: urlOf(listener),
    metricsUrl: beside === undefined ? undefined : `${urlOf(beside)}/metrics`,
    async shutDown(graceMs) {
      clearInterval(clearing);
      state.drain();
      // Closing resolves when every connection is gone, idle ones too: what counts is that no request runs.
      const closed = listener.close().catch(() => undefined);
      const idle = await state.whenIdle(graceMs);
      state.stop();
      // Requests that were cut off still end their work, and let go of what they hold.
      if (!idle) await state.whenIdle(CUT_OFF_MS);
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, CONNECTIONS_MS))]);
      await Promise.all([listener.kill(), beside?.kill()]);
      await services.feed.close();
      return idle;
    },
  };
}

/** How long answers that were made may take to be sent. Milliseconds. */
const CONNECTIONS_MS = 1_000;

/** How long requests that were cut off may take to let go. Milliseconds. */
const CUT_OFF_MS = 2_000;

/** How often uploads to which nothing came are looked for. Milliseconds. */
const CLEARING_MS = 10 * 60 * 1000;

function clearUploads({ registry, log }: ApiServices): void {
  clearExpiredUploads(registry).then(
    (uploads) => log.event(uploads > 0 ? "info" : "debug", "uploads_cleared", { uploads }),
    (error: unknown) => log.event("error", "uploads_not_cleared", { message: String(error) }),
  );
}

async function listenBeside(
  listener: HttpListener,
  listen: () => Promise<HttpListener>,
): Promise<HttpListener> {
  try {
    return await listen();
  } catch (error) {
    await listener.kill();
    throw error;
  }
}

function urlOf({ host, port }: HttpListener): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
