import { ArtifactstoreError } from "../../core/errors.ts";
import type { HttpListener, ServeOptions } from "../../core/http-port.ts";

/** HTTP as `Bun.serve` has it, in the shape of the port. Throws `configuration` where it cannot listen. */
export async function serve(options: ServeOptions): Promise<HttpListener> {
  const server = listen(options);
  return {
    host: server.hostname ?? options.host,
    port: server.port ?? options.port,
    close: () => server.stop(false),
    kill: () => server.stop(true),
  };
}

function listen({ host, port, idleTimeoutSeconds, handle }: ServeOptions) {
  try {
    return Bun.serve({
      hostname: host,
      port,
      idleTimeout: idleTimeoutSeconds,
      // Bodies are streamed, and each route has a named limit of its own.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      development: false,
      // Without this, and out of development, a second server would share the port and take half of the requests.
      reusePort: false,
      fetch: (request, server) => handle(request, { address: server.requestIP(request)?.address }),
    });
  } catch (cause) {
    const state = cause instanceof Error ? cause.message : String(cause);
    throw new ArtifactstoreError("configuration", `Cannot listen on "${host}" port ${port}: ${state}`, {
      cause,
    });
  }
}
