import { ArtifactstoreError, isArtifactstoreError } from "../../core/errors.ts";
import type { Exchange } from "../exchange.ts";
import { infoOf } from "../request-info.ts";

/**
 * The bytes of a request as they arrive, none of them kept. Throws `limit_exceeded` for more than allowed, at once where
 * the length is declared; `request_timeout` for a sender that pauses too long or sends too slowly; `invalid_request` for a
 * body that breaks off; `shutting_down`.
 */
export async function* guardedBody(exchange: Exchange, maxBytes: number): AsyncGenerator<Uint8Array> {
  const { request, services } = exchange;
  const declared = declaredLength(request);
  if (declared !== undefined && declared > maxBytes) throw tooLong(maxBytes);
  const { body } = request;
  if (body === null) return;
  const info = infoOf(request);
  const { bodyTimeoutMs, bodyMinBytesPerSecond } = services.limits;
  const reader: BodyReader = body.getReader();
  const startedAt = performance.now();
  let total = 0;
  let complete = false;
  try {
    while (true) {
      const { done, value } = await nextChunk(reader, bodyTimeoutMs, services.state.stopped);
      if (done) break;
      total += value.length;
      info.bytesIn = total;
      if (total > maxBytes) throw tooLong(maxBytes);
      const runMs = performance.now() - startedAt;
      // The time in which the reader of this generator works counts too: at such rates it does not matter.
      if (runMs > bodyTimeoutMs && total < (runMs / 1000) * bodyMinBytesPerSecond)
        throw tooSlow(total, runMs);
      yield value;
    }
    complete = true;
    if (declared !== undefined && total !== declared)
      throw brokenOff(`${total} of ${declared} bytes arrived`);
  } finally {
    if (!complete) reader.cancel().catch(() => undefined);
  }
}

/** What the runtimes have in common of a reader. */
interface BodyReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

async function nextChunk(
  reader: BodyReader,
  timeoutMs: number,
  stopped: AbortSignal,
): Promise<{ done: false; value: Uint8Array } | { done: true; value?: undefined }> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      late.reject(
        new ArtifactstoreError("request_timeout", `Cannot read the body: nothing came for ${timeoutMs} ms`),
      ),
    timeoutMs,
  );
  const stop = () =>
    late.reject(new ArtifactstoreError("shutting_down", "Cannot read the body: the server is shutting down"));
  stopped.addEventListener("abort", stop, { once: true });
  try {
    const read = await Promise.race([reader.read(), late.promise]);
    return read.done || read.value === undefined ? { done: true } : { done: false, value: read.value };
  } catch (error) {
    if (isArtifactstoreError(error)) throw error;
    throw brokenOff("the connection was closed", error);
  } finally {
    clearTimeout(timer);
    stopped.removeEventListener("abort", stop);
  }
}

/** `Content-Length`, if it is one. */
export function declaredLength(request: Request): number | undefined {
  const text = request.headers.get("content-length");
  return text !== null && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

function tooLong(maxBytes: number): ArtifactstoreError {
  return new ArtifactstoreError("limit_exceeded", `Cannot read the body: it has more than ${maxBytes} bytes`);
}

function tooSlow(bytes: number, runMs: number): ArtifactstoreError {
  return new ArtifactstoreError(
    "request_timeout",
    `Cannot read the body: only ${bytes} bytes came in ${Math.round(runMs / 1000)} s`,
  );
}

function brokenOff(state: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError("invalid_request", `Cannot read the body: it broke off; ${state}`, { cause });
}
