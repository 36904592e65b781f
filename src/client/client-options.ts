import type { Blake3Engine, StreamingHasher } from "../core/digest.ts";

/** What downloads are checked with. */
export interface ClientHashes {
  readonly blake3: Blake3Engine;
  createSha256(): StreamingHasher;
}

/** One more try after a failure. */
export interface RetryNotice {
  /** 1 for the first. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: unknown;
}

export interface ClientOptions {
  /** The server, with or without a path below which the API lies: `https://evidence.example/artifacts`. */
  readonly baseUrl: string;
  /** Sent as a bearer token (RFC 6750). */
  readonly token?: string;
  /** Instead of the runtime's own. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** How often a request that failed is sent again, where that is harmless. Count; 6 unless given. */
  readonly retriesMax?: number;
  /** The pause before the first of them; each further one is twice as long. Milliseconds; 250 unless given. */
  readonly retryDelayMs?: number;
  /** How long an answer that is no download may take. Milliseconds; five minutes unless given. */
  readonly timeoutMs?: number;
  /** Faster ones than those in TypeScript, which run everywhere. */
  readonly hashes?: ClientHashes;
  readonly onRetry?: (notice: RetryNotice) => void;
}
