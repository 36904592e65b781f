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
  for (;;) {
    signal.throwIfAborted();
    const chunk = await unlessAborted(readChunk(descriptor), signal);
    if (chunk.length === 0) return;
    yield chunk;
  }
}

/** Not by `Promise.race` with one promise for all reads: that would keep what each of them answered. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
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
