import { asKnown } from "./problem.ts";
import type { RequestInfo } from "./request-info.ts";

export type ServerLogLevel = "error" | "warn" | "info" | "debug";

const RANK: Readonly<Record<ServerLogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

export interface RequestLogOptions {
  /** Only lines of this weight or more. */
  readonly level: ServerLogLevel;
  /** People read: short lines in place of JSON. */
  readonly readable: boolean;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly write: (line: string) => void;
}

/**
 * One line for each request and for what else befalls the server. Never a header, never a query: a token or a secret may
 * be in either. A failure on this side has a line of its own, with its cause, under the request's id.
 */
export class RequestLog {
  readonly #options: RequestLogOptions;

  constructor(options: RequestLogOptions) {
    this.#options = options;
  }

  request(request: Request, response: Response, info: RequestInfo): void {
    const failed = info.error !== undefined && response.status >= 500;
    const quiet = response.status < 400 && (info.route?.startsWith("/health") ?? false);
    const durationMs = Math.round((performance.now() - info.startedAt) * 10) / 10;
    const level = failed ? "error" : quiet ? "debug" : "info";
    const code = info.error === undefined ? undefined : asKnown(info.error).code;
    this.event(level, "request", {
      request_id: info.requestId,
      method: request.method,
      route: info.route ?? null,
      path: new URL(request.url).pathname,
      status: response.status,
      actor: info.actor ?? null,
      peer: info.peer.address ?? null,
      bytes_in: info.bytesIn,
      bytes_out: info.bytesOut,
      duration_ms: durationMs,
      ...(code === undefined ? {} : { code }),
    });
    if (failed || (info.error !== undefined && this.#shows("debug"))) {
      this.event(failed ? "error" : "debug", "failure", {
        request_id: info.requestId,
        ...this.#describe(info.error),
      });
    }
  }

  event(level: ServerLogLevel, event: string, fields: Readonly<Record<string, unknown>>): void {
    if (!this.#shows(level)) return;
    const { readable, clock, write } = this.#options;
    const time = new Date(clock()).toISOString();
    if (!readable) write(`${JSON.stringify({ time, level, event, ...fields })}\n`);
    else write(`${time.slice(11, 23)} ${level.padEnd(5)} ${readableLine(event, fields)}\n`);
  }

  #shows(level: ServerLogLevel): boolean {
    return RANK[level] <= RANK[this.#options.level];
  }

  #describe(error: unknown): Record<string, unknown> {
    const messages: string[] = [];
    const seen = new Set<unknown>();
    for (let current = error; current !== undefined && !seen.has(current); ) {
      seen.add(current);
      messages.push(current instanceof Error ? `${current.name}: ${current.message}` : String(current));
      current = current instanceof Error ? current.cause : undefined;
    }
    const stack = this.#shows("debug") && error instanceof Error ? { stack: error.stack } : {};
    return { messages, ...stack };
  }
}

function readableLine(event: string, fields: Readonly<Record<string, unknown>>): string {
  if (event !== "request") return `${event} ${JSON.stringify(fields)}`;
  const { method, path, status, duration_ms, bytes_in, bytes_out, actor, code } = fields;
  const about = [actor, code].filter((text) => text !== null && text !== undefined).join(" ");
  // A path comes from outside: what a terminal may obey is escaped.
  return `${status} ${method} ${JSON.stringify(path).slice(1, -1)} ${duration_ms} ms, ${bytes_in} in, ${bytes_out} out ${about}`.trimEnd();
}
