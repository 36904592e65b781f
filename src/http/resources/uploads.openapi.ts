import type { JsonObject } from "../../core/cbor-value.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { UPLOAD_PROBLEMS } from "./package-files.openapi.ts";

/** The one version of tus that is spoken. */
export const TUS_VERSION = "1.0.0";

/** In every answer, refusals too. */
export const TUS_HEADERS = { "Tus-Resumable": TUS_VERSION, "Cache-Control": "no-store" };

const COUNT: JsonObject = { type: "integer", minimum: 0 };
const BYTES: JsonObject = { type: "string", contentMediaType: "application/octet-stream" };

function header(name: string, description: string, schema: JsonObject, required?: true): Parameter {
  return { name, in: "header", description, schema, ...(required === undefined ? {} : { required }) };
}

const RESUMABLE = header("Tus-Resumable", "The version of tus", { const: TUS_VERSION }, true);
const CHECKSUM = header("Upload-Checksum", "`sha1` or `sha256` and the digest of this part in base64", {
  type: "string",
});

const PROGRESS = {
  "Upload-Offset": "Bytes that are here, durably",
  "Upload-Expires": "When the upload is given up if nothing comes",
  "Artifactstore-File-Id": "Once it is whole: the file that it became",
};

export const UPLOAD_OPERATIONS = {
  options: {
    id: "uploadOptions",
    tag: "uploads",
    summary: "What of tus 1.0 is spoken",
    responses: {
      "204": {
        description: "Versions, extensions and limits",
        headers: { "Tus-Version": "1.0.0", "Tus-Extension": "Extensions", "Tus-Max-Size": "Bytes" },
      },
    },
  },
  create: {
    id: "createUpload",
    tag: "uploads",
    summary: "Begin a resumable upload",
    description:
      "`Upload-Metadata` has `relative_path` and may have `media_type`, `sha256` and `content_address`. The first part may come along.",
    parameters: [
      RESUMABLE,
      header("Upload-Length", "Bytes of the whole file", COUNT, true),
      header("Upload-Metadata", "Keys with values in base64", { type: "string" }, true),
      CHECKSUM,
    ],
    body: { required: false, content: { "application/offset+octet-stream": BYTES } },
    responses: {
      "201": { description: "Begun", headers: { Location: "Path of the upload", ...PROGRESS } },
    },
    problems: [...UPLOAD_PROBLEMS, "precondition_failed", "checksum_mismatch"],
  },
  head: {
    id: "showUpload",
    tag: "uploads",
    summary: "Where an upload stands",
    parameters: [RESUMABLE],
    responses: { "200": { description: "It goes on", headers: { "Upload-Length": "Bytes", ...PROGRESS } } },
    problems: [
      "package_not_found",
      "upload_not_found",
      "upload_busy",
      "precondition_failed",
      "invalid_input",
    ],
  },
  patch: {
    id: "appendToUpload",
    tag: "uploads",
    summary: "Send the next part",
    description:
      "What is answered as received survives the end of the server. A part that breaks off counts as far as it came, unless it has a checksum. With the last part the file is in its package.",
    parameters: [RESUMABLE, header("Upload-Offset", "Where the part begins", COUNT, true), CHECKSUM],
    body: { content: { "application/offset+octet-stream": BYTES } },
    responses: { "204": { description: "Received", headers: PROGRESS } },
    problems: [
      ...UPLOAD_PROBLEMS,
      "upload_not_found",
      "upload_busy",
      "upload_offset_conflict",
      "checksum_mismatch",
      "precondition_failed",
    ],
  },
  terminate: {
    id: "terminateUpload",
    tag: "uploads",
    summary: "Give an upload up",
    parameters: [RESUMABLE],
    responses: { "204": { description: "Given up" } },
    problems: [
      "package_not_found",
      "upload_not_found",
      "upload_busy",
      "precondition_failed",
      "invalid_input",
    ],
  },
} as const satisfies Readonly<Record<string, Operation>>;
