import type { RegistryContext } from "../registry/registry-context.ts";
import type { ApiServices } from "./api-services.ts";
import type { Principal } from "./auth/principal.ts";

/** One request, and all that its handler needs to answer it. */
export interface Exchange {
  readonly request: Request;
  /** UUID, in the answer's `Request-Id`, in problem documents and in the log. */
  readonly requestId: string;
  readonly url: URL;
  /** The variable parts of the path, decoded; `*` is the rest of the path as it was sent. */
  readonly params: Readonly<Record<string, string>>;
  readonly principal: Principal;
  /** Acts as the principal. */
  readonly registry: RegistryContext;
  readonly services: ApiServices;
  /** Aborts when the server has no more time. Of a client that leaves, its body or the answer's stream tell. */
  readonly signal: AbortSignal;
}
