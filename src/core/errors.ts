/**
 * The closed table of everything that can be refused or can fail. One row decides the HTTP status, the exit code of
 * the command line and the title that people read; `docs/errors.md` is made from it. Tests assert codes, never texts.
 *
 * Exit codes: 1 internal, 2 usage or configuration, 3 never existed, 4 conflict, 5 integrity, 6 not allowed,
 * 7 unavailable, 8 input refused, 9 deleted.
 */
export const ERRORS = {
  internal: { status: 500, exit: 1, title: "A defect in artifactstore" },
  usage: { status: 400, exit: 2, title: "The command line is not understood" },
  configuration: { status: 500, exit: 2, title: "The configuration is not usable" },

  package_not_found: { status: 404, exit: 3, title: "No such package" },
  file_not_found: { status: 404, exit: 3, title: "No such file" },
  blob_not_found: { status: 404, exit: 3, title: "No such blob" },
  metadata_schema_not_found: { status: 404, exit: 3, title: "No such metadata schema" },
  upload_not_found: { status: 404, exit: 3, title: "No such upload" },
  registry_not_found: { status: 404, exit: 3, title: "No registry here yet" },

  package_deleted: { status: 410, exit: 9, title: "The package was deleted" },

  package_state: { status: 409, exit: 4, title: "The package's state does not allow this" },
  content_conflict: { status: 409, exit: 4, title: "Registered with other content" },
  retention_class_conflict: { status: 409, exit: 4, title: "Registered with another retention class" },
  metadata_schema_conflict: { status: 409, exit: 4, title: "The slug is taken by another schema" },
  path_conflict: { status: 409, exit: 4, title: "The path is already taken" },
  store_foreign: { status: 409, exit: 4, title: "The backend belongs to another registry" },
  store_unowned: { status: 409, exit: 4, title: "The backend is not empty and has no owner" },
  package_marked: { status: 409, exit: 4, title: "The package is marked for deletion" },
  registry_not_empty: { status: 409, exit: 4, title: "The registry is not empty" },
  upload_offset_conflict: { status: 409, exit: 4, title: "The upload is not where the part begins" },
  idempotency_conflict: { status: 422, exit: 4, title: "The idempotency key came with another request" },
  target_exists: { status: 409, exit: 4, title: "The target is already there" },

  blob_missing: { status: 500, exit: 5, title: "A stored blob is missing" },
  blob_damaged: { status: 500, exit: 5, title: "A stored blob differs from its digest" },
  digest_mismatch: { status: 422, exit: 5, title: "A declared digest or size differs from the bytes" },
  checksum_mismatch: { status: 460, exit: 5, title: "A part's checksum differs from its bytes" },
  manifest_mismatch: { status: 500, exit: 5, title: "Files differ from the manifest" },
  log_damaged: { status: 500, exit: 5, title: "The event log is damaged" },
  log_export_damaged: { status: 422, exit: 5, title: "The log export is cut, changed or out of order" },
  views_differ: { status: 500, exit: 5, title: "The views differ from the event log" },
  database_corrupt: { status: 500, exit: 5, title: "The database file is damaged" },
  store_damaged: { status: 500, exit: 5, title: "The store is damaged" },

  unauthenticated: { status: 401, exit: 6, title: "A token is needed" },
  forbidden: { status: 403, exit: 6, title: "The token does not allow this" },

  route_not_found: { status: 404, exit: 3, title: "No such resource" },
  method_not_allowed: { status: 405, exit: 8, title: "The resource does not have this method" },
  request_timeout: { status: 408, exit: 7, title: "The request did not arrive in time" },
  cursor_foreign: { status: 409, exit: 4, title: "The cursor is of another registry" },
  precondition_failed: { status: 412, exit: 4, title: "A condition of the request does not hold" },
  unsupported_media_type: { status: 415, exit: 8, title: "The body has a media type that is not taken here" },
  range_not_satisfiable: { status: 416, exit: 8, title: "The range lies outside the file" },
  too_many_requests: { status: 429, exit: 7, title: "Too much at once; try again" },
  invalid_request: { status: 400, exit: 8, title: "The request is not understood" },
  server_unavailable: { status: 503, exit: 7, title: "The server cannot be reached" },
  shutting_down: { status: 503, exit: 7, title: "The server is shutting down" },

  database_unavailable: { status: 503, exit: 7, title: "The database cannot be reached" },
  database_busy: { status: 503, exit: 7, title: "The database is busy" },
  database_read_only: { status: 503, exit: 7, title: "The database cannot be written" },
  commit_unknown: { status: 503, exit: 7, title: "Whether the change was recorded is not known" },
  migration_needed: { status: 503, exit: 7, title: "The database needs a migration" },
  database_newer: { status: 503, exit: 7, title: "The database is newer than this program" },
  backend_unavailable: { status: 503, exit: 7, title: "The storage backend cannot be reached" },
  storage_full: { status: 503, exit: 7, title: "The storage is full" },
  storage_read_only: { status: 503, exit: 7, title: "The storage cannot be written" },
  output_unavailable: { status: 503, exit: 7, title: "Standard output cannot be written" },
  blob_busy: { status: 503, exit: 7, title: "A blob is being deleted at this moment" },

  upload_busy: { status: 423, exit: 7, title: "The upload is being written to" },
  idempotency_busy: { status: 409, exit: 7, title: "The first request with this idempotency key is at work" },

  invalid_input: { status: 422, exit: 8, title: "The input is refused" },
  invalid_json: { status: 400, exit: 8, title: "The JSON text is refused" },
  invalid_cbor: { status: 400, exit: 8, title: "The CBOR item is refused" },
  invalid_manifest: { status: 422, exit: 8, title: "Not a manifest of a known version" },
  invalid_path: { status: 422, exit: 8, title: "The path is refused" },
  invalid_metadata: { status: 422, exit: 8, title: "The metadata does not satisfy its schema" },
  invalid_schema: { status: 422, exit: 8, title: "Not a usable JSON Schema" },
  unknown_retention_class: { status: 422, exit: 8, title: "No such retention class" },
  not_a_run: { status: 422, exit: 8, title: "Not a guide-board run directory" },
  source_refused: { status: 422, exit: 8, title: "A source file is refused" },
  source_changed: { status: 422, exit: 8, title: "A source file changed while it was read" },
  limit_exceeded: { status: 413, exit: 8, title: "A limit is exceeded" },
} as const satisfies Record<string, { status: number; exit: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** One of several violations of one input, addressed by JSON Pointer (RFC 6901) or by a path. */
export interface FieldError {
  readonly pointer: string;
  readonly message: string;
}

export interface ErrorOptionsWithFields {
  readonly cause?: unknown;
  readonly errors?: readonly FieldError[];
}

/**
 * The only error class that crosses a border of this library. The message says the failed action, then the state:
 * `Cannot finalize package "…": file "reports/report.md" is missing`. Values are quoted, there is no final period.
 */
export class ArtifactstoreError extends Error {
  readonly code: ErrorCode;
  /** Empty unless one input breaks several rules at once. */
  readonly errors: readonly FieldError[];

  constructor(code: ErrorCode, message: string, options: ErrorOptionsWithFields = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ArtifactstoreError";
    this.code = code;
    this.errors = options.errors ?? [];
  }
}

export function isArtifactstoreError(value: unknown, code?: ErrorCode): value is ArtifactstoreError {
  return value instanceof ArtifactstoreError && (code === undefined || value.code === code);
}
