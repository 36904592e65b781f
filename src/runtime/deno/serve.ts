import { ArtifactstoreError } from "../../core/errors.ts";
import type { HttpListener, ServeOptions } from "../../core/http-port.ts";

/** The part of Deno's server that is used; the types of the project are Bun's. */
interface DenoServer {
  readonly addr: { readonly hostname: string; readonly port: number };
  shutdown(): Promise<void>;
}

interface DenoNamespace {
  serve(
    options: {
      readonly hostname: string;
      readonly port: number;
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
  const server = listen(options);
  return {
    host: server.addr.hostname,
    port: server.addr.port,
    // `server.shutdown` cuts off the bodies of requests that run. So what still comes is answered, by a refusal.
    close: async () => undefined,
    async kill() {
      // Its own way to abort throws where nobody can catch it, so this is all there is: what has been answered is sent,
      // bodies that still come are cut off, and a sender that goes on all the same is left to the end of the process.
      const late = new Promise((resolve) => setTimeout(resolve, KILL_MS));
      await Promise.race([server.shutdown(), late]);
    },
  };
}

function listen({ host, port, handle }: ServeOptions): DenoServer {
  try {
    return Deno.serve({ hostname: host, port, onListen: () => {} }, (request, { remoteAddr }) =>
      handle(request, { address: remoteAddr.hostname }),
    );
  } catch (cause) {
    const state = cause instanceof Error ? cause.message : String(cause);
    throw new ArtifactstoreError("configuration", `Cannot listen on "${host}" port ${port}: ${state}`, {
      cause,
    });
  }
}
