import {
  ArtifactstoreError,
  ERRORS,
  type ErrorCode,
  type ErrorOptionsWithFields,
  type FieldError,
} from "../core/errors.ts";

/** A failure that the server has told, or that lies between it and here. */
export class ApiError extends ArtifactstoreError {
  /** Of the answer; `undefined` if there was none. */
  readonly status: number | undefined;
  /** Finds the request in the server's log. */
  readonly requestId: string | undefined;
  /** When the server asks to be tried again. Milliseconds from now. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptionsWithFields & {
      readonly status?: number;
      readonly requestId?: string;
      readonly retryAfterMs?: number;
    } = {},
  ) {
    super(code, message, options);
    this.name = "ApiError";
    this.status = options.status;
    this.requestId = options.requestId;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** What stands for a status where no code of ours came with it: another server's, a proxy's, a newer version's. */
const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "invalid_request",
  401: "unauthenticated",
  403: "forbidden",
  404: "route_not_found",
  405: "method_not_allowed",
  408: "request_timeout",
  409: "content_conflict",
  410: "package_deleted",
  412: "precondition_failed",
  413: "limit_exceeded",
  415: "unsupported_media_type",
  416: "range_not_satisfiable",
  422: "invalid_input",
  423: "upload_busy",
  429: "too_many_requests",
  500: "internal",
};

/** A problem document is short; what is longer is none. Characters. */
const PROBLEM_MAX_LENGTH = 1_048_576;

/** The error that an answer tells (RFC 9457), whatever its body looks like. */
export async function errorOfResponse(method: string, url: string, response: Response): Promise<ApiError> {
  const { status, headers } = response;
  const text = await response.text().catch(() => "");
  const problem = text.length > PROBLEM_MAX_LENGTH ? undefined : asObject(text);
  const said = problem?.["code"];
  const code = isErrorCode(said) ? said : (CODE_OF_STATUS[status] ?? "server_unavailable");
  const requestId = textOf(problem?.["request_id"]) ?? headers.get("request-id") ?? undefined;
  const retryAfterMs = readRetryAfter(headers.get("retry-after"));
  const detail = textOf(problem?.["detail"]);
  const title = textOf(problem?.["title"]);
  const named = requestId === undefined ? "" : ` (request "${requestId}")`;
  const message =
    detail ??
    `Cannot ${method} "${url}": the server answers ${status}${title === undefined ? "" : `, ${title}`}${named}`;
  return new ApiError(code, message, {
    status,
    errors: fieldErrors(problem?.["errors"]),
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function asObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(ERRORS, value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function fieldErrors(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    const { pointer, message } = (item ?? {}) as { pointer?: unknown; message?: unknown };
    return typeof pointer === "string" && typeof message === "string" ? [{ pointer, message }] : [];
  });
}

/** Seconds, or a date (RFC 9110 section 10.2.3). */
function readRetryAfter(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^[0-9]{1,6}$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
