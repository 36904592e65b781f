import type { ErrorCode } from "../core/errors.ts";
import { ApiError } from "./api-error.ts";

/** No pause of our own is longer. Milliseconds. */
const DELAY_MAX_MS = 8_000;

/** A server that asks for more patience is not waited for. Milliseconds. */
const RETRY_AFTER_MAX_MS = 60_000;

/** States that no second try changes. */
const LASTING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "storage_full",
  "storage_read_only",
  "database_read_only",
  "migration_needed",
  "database_newer",
  "configuration",
]);

/** Server errors that tell of a lasting finding, and not of a bad moment. */
const FINDINGS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "blob_missing",
  "blob_damaged",
  "manifest_mismatch",
  "log_damaged",
  "views_differ",
  "database_corrupt",
  "store_damaged",
]);

/**
 * What may be sent again after a failure. `always`: doing it twice is doing it once. `refused`: only when the server has
 * said that it did nothing.
 */
export type Repetition = "always" | "refused";

export function mayRepeat(error: unknown, repetition: Repetition): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status, code } = error;
  if (status === undefined) return repetition === "always";
  if (LASTING.has(code) || FINDINGS.has(code)) return false;
  if ((error.retryAfterMs ?? 0) > RETRY_AFTER_MAX_MS) return false;
  // Busy with what an earlier try of ours has left there.
  if (status === 423) return true;
  if (status === 429 || (status === 503 && code !== "commit_unknown")) return true;
  return repetition === "always" && (status >= 500 || status === 408);
}

/** How long to wait before a try; chance keeps many clients from coming back at once. Milliseconds. */
export function retryDelay(attempt: number, error: unknown, firstMs = 250): number {
  const own = Math.min(DELAY_MAX_MS, firstMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
  const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(own, asked);
}

/** Throws the signal's reason if it aborts meanwhile. */
export function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, delayMs);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
