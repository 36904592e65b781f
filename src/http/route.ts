import type { Scope } from "./auth/principal.ts";
import type { Exchange } from "./exchange.ts";
import type { Operation } from "./openapi/operation.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS";

/** One method of one resource: what it needs, what it says of itself, what it does. GET answers HEAD as well. */
export interface Route {
  readonly method: Method;
  /** `/packages/:package_id/files/*`. */
  readonly path: string;
  /** `open`: answers everybody. */
  readonly scope: Scope | "open";
  /** Takes the bytes of files: only so many run at once. */
  readonly takesFiles?: true;
  /** In every answer, problem documents too. */
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly operation: Operation;
  handle(exchange: Exchange): Promise<Response>;
}
