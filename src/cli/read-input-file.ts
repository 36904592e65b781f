import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { ArtifactstoreError } from "../core/errors.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";

/**
 * A file that the user names on the command line, whole, within a bound. A pipe will do (`/dev/stdin`), so its size is
 * found by reading. Throws `source_refused`, `limit_exceeded`.
 */
export function readInputFile(path: string, maxBytes: number): Uint8Array {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (cause) {
    throw refused(path, cause);
  }
  try {
    if (fstatSync(descriptor).isDirectory()) throw refused(path, new Error("it is a directory"));
    const chunks: Uint8Array[] = [];
    let total = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const count = readSync(descriptor, chunk, 0, chunk.length, null);
      if (count === 0) return Buffer.concat(chunks);
      total += count;
      if (total > maxBytes) {
        throw new ArtifactstoreError(
          "limit_exceeded",
          `Cannot read ${quoteForTerminal(path)}: it has more than ${maxBytes} bytes`,
        );
      }
      chunks.push(chunk.subarray(0, count));
    }
  } finally {
    closeSync(descriptor);
  }
}

const CHUNK_BYTES = 65_536;

function refused(path: string, cause: unknown): ArtifactstoreError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new ArtifactstoreError("source_refused", `Cannot read ${quoteForTerminal(path)}: ${detail}`, {
    cause,
  });
}
