import type { Exchange } from "./exchange.ts";
import { infoOf } from "./request-info.ts";

/**
 * An answer whose body is made while it is sent: a chunk when the client has taken the last one. The request counts as
 * running until the stream ends, fails or is left.
 */
export function streamResponse(
  { request, registry, services }: Exchange,
  chunks: AsyncIterable<Uint8Array | string>,
  init: ResponseInit & { readonly onCancel?: () => void },
): Response {
  const info = infoOf(request);
  const iterator = chunks[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let ended = false;
  const end = (error?: unknown) => {
    if (ended) return;
    ended = true;
    info.onStreamEnd?.(error);
  };
  info.streamed = true;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await iterator.next();
          if (done === true) {
            controller.close();
            end();
            return;
          }
          const bytes = typeof value === "string" ? encoder.encode(value) : value;
          info.bytesOut += bytes.length;
          if (services.state.isReliefDue(bytes.length)) registry.collectGarbage();
          controller.enqueue(bytes);
        } catch (error) {
          // The connection breaks off: a client must not take what it has for the whole.
          controller.error(error);
          end(error);
        }
      },
      async cancel() {
        end();
        init.onCancel?.();
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, {
    status: init.status ?? 200,
    ...(init.headers ? { headers: init.headers } : {}),
  });
}
