import { read } from "node:fs";
import { promisify } from "node:util";
import { ArtifactstoreError } from "../core/errors.ts";

const CHUNK_BYTES = 128 * 1024;

/** How long to wait for the writer of a non-blocking pipe that is empty. */
const PIPE_EMPTY_WAIT_MS = 2;

const readDescriptor = promisify(read);

/**
 * What an open descriptor gives, a chunk at a time. Reads with read(2) and not through `process.stdin`, for which both
 * runtimes set up a stream of their own. A read that waits for a pipe is left to itself when the signal aborts.
 *
 * Throws `source_refused`, and the signal's reason.
 */
export async function* readChunks(descriptor: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  aborted.promise.catch(() => undefined);
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    for (;;) {
      const chunk = await Promise.race([readChunk(descriptor), aborted.promise]);
      if (chunk.length === 0) return;
      yield chunk;
    }
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Empty at the end. */
async function readChunk(descriptor: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (;;) {
    try {
      const { bytesRead } = await readDescriptor(descriptor, buffer, 0, buffer.length, null);
      return buffer.subarray(0, bytesRead);
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
      if (code === "EOF") return buffer.subarray(0, 0);
      if (code === "EAGAIN") await new Promise((wake) => setTimeout(wake, PIPE_EMPTY_WAIT_MS));
      else if (code !== "EINTR") {
        const detail = cause instanceof Error ? cause.message : String(cause);
        throw new ArtifactstoreError("source_refused", `Cannot read the input: ${detail}`, { cause });
      }
    }
  }
}
