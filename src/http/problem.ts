import { ArtifactstoreError, ERRORS, type ErrorCode, isArtifactstoreError } from "../core/errors.ts";

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** Failures on this side whose messages speak of packages and contents alone, and not of this host. */
const TELLABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "blob_missing",
  "blob_damaged",
  "manifest_mismatch",
  "blob_busy",
  "database_busy",
  "shutting_down",
]);

/** When to come again. Seconds. */
const RETRY_AFTER_SECONDS = 1;

/**
 * A failure as a problem document (RFC 9457). What is no error of the table is `internal` with the request's id and not a
 * word more; of errors on this side only those are told that cannot name paths or hosts.
 */
export function problemResponse(
  error: unknown,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const known = asKnown(error);
  const { status, title } = ERRORS[known.code];
  const tellable = status < 500 || TELLABLE.has(known.code);
  const document = {
    type: `/docs#error-${known.code}`,
    title,
    status,
    ...(tellable ? { detail: known.message } : {}),
    code: known.code,
    request_id: requestId,
    errors: tellable ? known.errors : [],
  };
  return new Response(JSON.stringify(document), {
    status,
    headers: {
      "Content-Type": PROBLEM_MEDIA_TYPE,
      "Cache-Control": "no-store",
      ...(status === 401 ? { "WWW-Authenticate": 'Bearer realm="artifactstore"' } : {}),
      ...(status === 429 || status === 503 ? { "Retry-After": String(RETRY_AFTER_SECONDS) } : {}),
      ...headers,
    },
  });
}

/** The error itself if it is of the table. */
export function asKnown(error: unknown): ArtifactstoreError {
  if (isArtifactstoreError(error)) return error;
  return new ArtifactstoreError("internal", "Cannot answer the request: an unexpected failure", {
    cause: error,
  });
}
