import { ArtifactstoreError } from "../../core/errors.ts";
import type { HttpListener, ServeOptions } from "../../core/http-port.ts";

/** The part of Deno's server that is used; the types of the project are Bun's. */
interface DenoServer {
  readonly addr: { readonly hostname: string; readonly port: number };
  shutdown(): Promise<void>;
  readonly finished: Promise<void>;
}

interface DenoNamespace {
  serve(
    options: {
      readonly hostname: string;
      readonly port: number;
      readonly signal: AbortSignal;
      readonly onListen: () => void;
    },
    handler: (
      request: Request,
      info: { readonly remoteAddr: { readonly hostname?: string } },
    ) => Promise<Response>,
  ): DenoServer;
}

declare const Deno: DenoNamespace;

/** How long a server that was killed may take to say so. Milliseconds. */
const KILL_MS = 500;

/**
 * HTTP as `Deno.serve` has it, in the shape of the port. It has no idle time-out of its own: what a request may take is
 * watched where bodies are read. Throws `configuration` where it cannot listen.
 */
export async function serve(options: ServeOptions): Promise<HttpListener> {
  const killed = new AbortController();
  const server = listen(options, killed.signal);
  let over = false;
  const end = () => {
    over = true;
  };
  const ended = server.finished.then(end, end);
  return {
    host: server.addr.hostname,
    port: server.addr.port,
    close: () => server.shutdown(),
    async kill() {
      // To abort a server that has ended is an error that nobody can catch.
      if (!over) killed.abort();
      // A sender that goes on after its answer keeps its connection all the same.
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, KILL_MS))]);
    },
  };
}

function listen({ host, port, handle }: ServeOptions, signal: AbortSignal): DenoServer {
  try {
    return Deno.serve({ hostname: host, port, signal, onListen: () => {} }, (request, { remoteAddr }) =>
      handle(request, { address: remoteAddr.hostname }),
    );
  } catch (cause) {
    const state = cause instanceof Error ? cause.message : String(cause);
    throw new ArtifactstoreError("configuration", `Cannot listen on "${host}" port ${port}: ${state}`, {
      cause,
    });
  }
}
