import type { JsonValue } from "../core/cbor-value.ts";
import { isArtifactstoreError } from "../core/errors.ts";
import { ApiError, errorOfResponse } from "./api-error.ts";
import type { ClientHashes, ClientOptions } from "./client-options.ts";
import { portableHashes } from "./portable-hashes.ts";
import { mayRepeat, pause, type Repetition, retryDelay } from "./retry.ts";

/** Bytes of a request. A stream is used up by one try, so it comes from a function that opens another. */
export type UploadBody = Uint8Array | Blob | ReadableStream<Uint8Array>;

export type QueryValues = Readonly<Record<string, string | number | undefined>>;

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "HEAD" | "DELETE" | "OPTIONS";
  /** Segments of the path, as they are; each is percent-encoded. Or a URL that the server has named. */
  readonly path: readonly string[] | string;
  readonly query?: QueryValues;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: JsonValue;
  /** Called once a try. */
  readonly body?: () => UploadBody | Promise<UploadBody>;
  readonly repeat: Repetition;
  /** Statuses that are answers, besides those from 200 to 299. */
  readonly answers?: readonly number[];
  readonly signal?: AbortSignal;
  /** Instead of the client's own limit. Milliseconds. */
  readonly timeoutMs?: number;
  /** No limit in time: the answer is a stream, or the request one. */
  readonly unhurried?: true;
}

/** Until a server has answered once it is more likely misnamed than gone for a moment. Count. */
const RETRIES_BEFORE_FIRST_ANSWER = 2;

const RETRIES_MAX = 6;

const TIMEOUT_MS = 300_000;

/** Sends requests, tells failures as errors of the table, and sends again what may be sent again. */
export class Transport {
  readonly hashes: ClientHashes;
  readonly retriesMax: number;
  readonly #base: URL;
  readonly #options: ClientOptions;
  #hasAnswered = false;

  /** Throws `invalid_input` for what is no URL of a server. */
  constructor(options: ClientOptions) {
    this.#options = options;
    this.#base = baseOf(options.baseUrl);
    this.hashes = options.hashes ?? portableHashes;
    this.retriesMax = options.retriesMax ?? RETRIES_MAX;
  }

  /** As people are told of it. */
  get baseUrl(): string {
    return this.#base.href.replace(/\/$/, "");
  }

  /** The answer, once its head is here. Throws `ApiError`, the signal's reason, or what opening the body threw. */
  send(request: ApiRequest): Promise<Response> {
    return this.#repeatedly(request, async (response) => response);
  }

  /** The document that is answered. */
  async json<Answer>(request: ApiRequest): Promise<Answer> {
    return await this.#repeatedly(request, async (response) => (await response.json()) as Answer);
  }

  /** The bytes that are answered, with the answer's head. */
  async bytes(request: ApiRequest): Promise<{ readonly bytes: Uint8Array; readonly headers: Headers }> {
    return await this.#repeatedly(request, async (response) => ({
      bytes: new Uint8Array(await response.arrayBuffer()),
      headers: response.headers,
    }));
  }

  /** Whether a try may follow, and the pause before it. @param attempt 1 for the first repetition */
  async beforeRetry(
    attempt: number,
    error: unknown,
    repeat: Repetition,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const most = this.#hasAnswered ? this.retriesMax : Math.min(RETRIES_BEFORE_FIRST_ANSWER, this.retriesMax);
    if (attempt > most || !mayRepeat(error, repeat)) return false;
    const delayMs = retryDelay(attempt, error, this.#options.retryDelayMs);
    this.#options.onRetry?.({ attempt, delayMs, error });
    await pause(delayMs, signal);
    return true;
  }

  /** The error for a connection that could not be made or broke. */
  lost(method: string, url: string, cause: unknown): ApiError {
    const state = cause instanceof Error ? cause.message : String(cause);
    return new ApiError("server_unavailable", `Cannot ${method} "${url}": ${state}`, { cause });
  }

  async #repeatedly<T>(request: ApiRequest, read: (response: Response) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(request, read);
      } catch (error) {
        request.signal?.throwIfAborted();
        if (!(await this.beforeRetry(attempt, error, request.repeat, request.signal))) throw error;
      }
    }
  }

  async #once<T>(request: ApiRequest, read: (response: Response) => Promise<T>): Promise<T> {
    const { method, signal } = request;
    const url = this.#url(request);
    const body = request.json === undefined ? await request.body?.() : JSON.stringify(request.json);
    const limit =
      request.unhurried === true
        ? undefined
        : AbortSignal.timeout(request.timeoutMs ?? this.#options.timeoutMs ?? TIMEOUT_MS);
    const signals = [signal, limit].filter((one) => one !== undefined);
    const init = {
      method,
      headers: this.#headers(request),
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
      ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
      ...(signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }),
    };
    try {
      const send = this.#options.fetch ?? fetch;
      const response = await send(url, init as RequestInit);
      this.#hasAnswered = true;
      if (!response.ok && request.answers?.includes(response.status) !== true)
        throw await errorOfResponse(method, url, response);
      return await read(response);
    } catch (error) {
      signal?.throwIfAborted();
      // What a body's source throws is no failure of the connection.
      const own = ownError(error);
      throw own ?? this.lost(method, url, error);
    }
  }

  #url({ path, query }: ApiRequest): string {
    // What the server names may lie anywhere below it, and nowhere else: the token goes there.
    const url =
      typeof path === "string"
        ? new URL(path, this.#base)
        : new URL(path.map(encodeURIComponent).join("/"), this.#base);
    if (url.origin !== this.#base.origin) {
      throw new ApiError("invalid_request", `Cannot use "${url.href}": it is not of "${this.baseUrl}"`);
    }
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) url.searchParams.append(name, String(value));
    }
    return url.href;
  }

  #headers({ headers, json }: ApiRequest): Record<string, string> {
    const { token } = this.#options;
    return {
      Accept: "application/json",
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    };
  }
}

/** One of ours, as it is or as the cause of what the runtime made of it. */
function ownError(error: unknown): unknown {
  if (isArtifactstoreError(error)) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  return isArtifactstoreError(cause) ? cause : undefined;
}

function baseOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new ApiError("invalid_input", `Cannot use "${text}" as a server: it is not an http or https URL`);
  }
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}
