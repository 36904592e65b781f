import type { RegistryContext } from "../registry/registry-context.ts";
import type { ApiLimits } from "./api-limits.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import type { EventFeed } from "./events/event-feed.ts";
import type { Metrics } from "./metrics.ts";
import type { RequestLog } from "./request-log.ts";
import type { ServerState } from "./server-state.ts";

/** What all requests of one server share. */
export interface ApiServices {
  readonly registry: RegistryContext;
  readonly auth: Authenticator;
  readonly limits: ApiLimits;
  readonly log: RequestLog;
  readonly metrics: Metrics;
  readonly state: ServerState;
  readonly feed: EventFeed;
  readonly program: { readonly version: string; readonly commit: string | undefined };
}
