/**
 * Every limit of the product, named, with its unit. A limit is a promise in both directions: what is within it works
 * with flat memory, what is beyond it is refused with a clear error instead of being cut.
 */

/** Nesting of a JSON document that comes from outside (a scalar has depth 0, `[]` has depth 1). Levels. */
export const JSON_DEPTH_MAX = 100;

/** Nesting of a CBOR item of ours. Above `JSON_DEPTH_MAX`, since payloads and manifests embed such documents. Levels. */
export const CBOR_DEPTH_MAX = 128;

/** A JSON document that is read whole: metadata, a schema, a run's own documents. Bytes. */
export const JSON_DOCUMENT_MAX_BYTES = 64 * 1024 * 1024;

/** Canonical CBOR of a package's metadata, and likewise of its provenance. Bytes. */
export const METADATA_MAX_BYTES = 16 * 1024 * 1024;

/** Canonical CBOR of one manifest (a million files take about 400 MB). Bytes. */
export const MANIFEST_MAX_BYTES = 512 * 1024 * 1024;

/** Files of one package. Count. */
export const PACKAGE_FILES_MAX = 1_000_000;

/** A package path in UTF-8. Bytes. */
export const PACKAGE_PATH_MAX_BYTES = 1024;

/** One segment of a path on the file systems that `pull` writes to. Bytes. */
export const PATH_SEGMENT_MAX_BYTES = 255;

/** A package's name, in UTF-8. Bytes. */
export const NAME_MAX_BYTES = 512;

/** A producer, in UTF-8. Bytes. */
export const PRODUCER_MAX_BYTES = 256;

/** What a package is about, in UTF-8. Bytes. */
export const SUBJECT_MAX_BYTES = 1024;

/** A producer's own key, in UTF-8. Bytes. */
export const EXTERNAL_ID_MAX_BYTES = 512;

/** Who did it, in UTF-8. Bytes. */
export const ACTOR_MAX_BYTES = 256;

/** Why it was done, in UTF-8. Bytes. */
export const REASON_MAX_BYTES = 4096;

/** A metadata schema's slug. Characters, all ASCII. */
export const SLUG_MAX_LENGTH = 128;

/** A retention class's name. Characters, all ASCII. */
export const RETENTION_CLASS_MAX_LENGTH = 64;

/** A storage backend's id. Characters, all ASCII. */
export const BACKEND_ID_MAX_LENGTH = 64;

/** Violations that one error lists; its message says how many there are in all. Count. */
export const ERRORS_LISTED_MAX = 100;

/** Globs that leave out files of one source directory. Count. */
export const EXCLUDE_GLOBS_MAX = 256;

/** One such glob. UTF-16 units. */
export const EXCLUDE_GLOB_MAX_LENGTH = 1024;

/** A metadata schema as JSON text or canonical CBOR. Bytes. */
export const METADATA_SCHEMA_MAX_BYTES = 256 * 1024;

/** Nesting of a metadata schema; compiling it recurses. Levels. */
export const METADATA_SCHEMA_DEPTH_MAX = 64;

/** Items of one page of a list, where the caller names no limit. Count. */
export const LIST_ITEMS_DEFAULT = 100;

/** Items of one page of a list, at most. Count. */
export const LIST_ITEMS_MAX = 1000;

/** A JSON body of an HTTP request. Bytes. */
export const HTTP_JSON_MAX_BYTES = 32 * 1024 * 1024;

/** All header fields of an HTTP request, names and values. Bytes. */
export const HTTP_HEADERS_MAX_BYTES = 16 * 1024;

/** Path and query of an HTTP request, as sent. Characters, all ASCII. */
export const HTTP_TARGET_MAX_LENGTH = 8192;

/** A field of a multipart form besides its file. Bytes. */
export const FORM_FIELD_MAX_BYTES = 64 * 1024;

/** Fields of a multipart form besides its file. Count. */
export const FORM_FIELDS_MAX = 16;

/** What a tar archive says of one entry in extended headers. Bytes. */
export const TAR_EXTENSION_MAX_BYTES = 64 * 1024;

/** Followers of the event stream of one server at once. Count. */
export const EVENT_FOLLOWERS_MAX = 1024;

/** A file with tokens. Bytes. */
export const TOKENS_FILE_MAX_BYTES = 1024 * 1024;

/** Tokens that one server accepts; each is compared with every request's. Count. */
export const TOKENS_MAX = 1000;

/** What kind of event it is (`v1.file.ingested`), as a log export may say it, in UTF-8. Bytes. */
export const EVENT_TYPE_MAX_BYTES = 128;

/** What kind of thing an event is about (`package`), as a log export may say it, in UTF-8. Bytes. */
export const SUBJECT_KIND_MAX_BYTES = 64;

/** What an event is about: a package's id, a schema's slug, as a log export may say it, in UTF-8. Bytes. */
export const SUBJECT_ID_MAX_BYTES = 256;

/** Canonical CBOR of one event's payload; the largest are manifests. Bytes. */
export const EVENT_PAYLOAD_MAX_BYTES = 512 * 1024 * 1024;

/** An imported event may be dated so far ahead of the clock of whoever imports it. Milliseconds. */
export const IMPORT_AHEAD_MAX_MS = 24 * 60 * 60 * 1000;

/** Content addresses that one question may name ("which of these must I send?"). Count. */
export const ADDRESSES_ASKED_MAX = 10_000;

/** Files that one request may add by reference. Count. */
export const FILES_REFERENCED_MAX = 2_000;

/** Resumable uploads that are open at once. Count. */
export const UPLOADS_OPEN_MAX = 10_000;

/** What a sender says of a resumable upload (`Upload-Metadata`). Bytes. */
export const UPLOAD_METADATA_MAX_BYTES = 16 * 1024;

/** A resumable upload is given up when nothing came for so long. Milliseconds. */
export const UPLOAD_EXPIRY_MS = 24 * 60 * 60 * 1000;

/** An idempotency key, all of it visible ASCII. Characters. */
export const IDEMPOTENCY_KEY_MAX_LENGTH = 255;

/** How long the answer to a request with an idempotency key is remembered. Milliseconds. */
export const IDEMPOTENCY_EXPIRY_MS = 24 * 60 * 60 * 1000;
