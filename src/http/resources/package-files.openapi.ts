import type { ErrorCode } from "../../core/errors.ts";
import { jsonAnswer } from "../openapi/json-content.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { object, ref } from "../openapi/schemas.ts";

/** What taking bytes may meet, whichever way they come. */
export const UPLOAD_PROBLEMS: readonly ErrorCode[] = [
  "package_not_found",
  "package_state",
  "path_conflict",
  "invalid_path",
  "invalid_input",
  "invalid_request",
  "digest_mismatch",
  "limit_exceeded",
  "unsupported_media_type",
  "too_many_requests",
  "request_timeout",
  "storage_full",
  "storage_read_only",
  "backend_unavailable",
  "blob_busy",
];

const BYTES = { type: "string", contentMediaType: "application/octet-stream" } as const;

const added = {
  "201": jsonAnswer("Added", ref("AddedFile"), { Location: "Path of the file" }),
  "200": jsonAnswer("There already, the same", ref("AddedFile"), { Location: "Path of the file" }),
} as const;

const DIGESTS: readonly Parameter[] = [
  {
    name: "Repr-Digest",
    in: "header",
    description: "RFC 9530; `sha-256` is checked, other algorithms are passed over",
    schema: { type: "string" },
  },
  { name: "Content-Digest", in: "header", description: "The same", schema: { type: "string" } },
  {
    name: "Artifactstore-Content-Address",
    in: "header",
    description: "Checked",
    schema: { type: "string", pattern: "^blake3:[0-9a-f]{64}$" },
  },
];

export const PACKAGE_FILE_OPERATIONS = {
  addForm: {
    id: "addFileByForm",
    tag: "files",
    summary: "Add a file by a multipart form",
    body: {
      content: {
        "multipart/form-data": object(
          { file: BYTES, relative_path: { type: "string" } },
          { media_type: { type: "string" } },
        ),
      },
    },
    responses: added,
    problems: UPLOAD_PROBLEMS,
  },
  put: {
    id: "putFile",
    tag: "files",
    summary: "Add a file by its bytes",
    description:
      "The path in the package is the rest of the URL's, each segment percent-encoded. `Content-Type` is the file's media type; without one, or with the one that forms have, its extension decides.",
    parameters: DIGESTS,
    body: { content: { "*/*": BYTES } },
    responses: added,
    problems: UPLOAD_PROBLEMS,
  },
  addArchive: {
    id: "addArchive",
    tag: "files",
    summary: "Add the files of a tar archive: all of them or none",
    description:
      "ustar, pax or GNU, not compressed. Directories are passed over; links, devices, sparse files and whatever else is no regular file are refused.",
    body: { content: { "application/x-tar": BYTES } },
    responses: {
      "200": jsonAnswer(
        "Added",
        object({
          id: { type: "string", format: "uuid" },
          file_count: { type: "integer", minimum: 0 },
          reused_count: { type: "integer", minimum: 0, description: "Files that were there already" },
          total_size_bytes: { type: "integer", minimum: 0 },
        }),
      ),
    },
    problems: [...UPLOAD_PROBLEMS, "source_refused"],
  },
} as const satisfies Readonly<Record<string, Operation>>;
