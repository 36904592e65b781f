import type { JsonObject } from "../../core/cbor-value.ts";
import { ADDRESSES_ASKED_MAX, FILES_REFERENCED_MAX } from "../../core/limits.ts";
import { jsonAnswer, jsonBody } from "../openapi/json-content.ts";
import type { Operation } from "../openapi/operation.ts";
import { object, ref } from "../openapi/schemas.ts";

const ADDRESS: JsonObject = { type: "string", pattern: "^blake3:[0-9a-f]{64}$" };

const REFERENCE: JsonObject = {
  ...object(
    { relative_path: { type: "string" }, content_address: ADDRESS },
    {
      size_bytes: { type: "integer", minimum: 0 },
      media_type: { type: "string" },
      annotations: { type: "object", additionalProperties: true },
    },
  ),
  additionalProperties: false,
};

export const REFERENCE_OPERATIONS = {
  missing: {
    id: "findMissingBlobs",
    tag: "files",
    summary: "Which of these contents have to be sent",
    description:
      "Those that no package has which the token may read. An answer, no promise: refer to the others soon.",
    body: jsonBody({
      ...object({ content_addresses: { type: "array", items: ADDRESS, maxItems: ADDRESSES_ASKED_MAX } }),
      additionalProperties: false,
    }),
    responses: {
      "200": jsonAnswer(
        "In the order asked, each once",
        object({ missing: { type: "array", items: ADDRESS } }),
      ),
    },
    problems: [
      "package_not_found",
      "package_state",
      "invalid_json",
      "invalid_input",
      "limit_exceeded",
      "unsupported_media_type",
    ],
  },
  reference: {
    id: "addFilesByReference",
    tag: "files",
    summary: "Add files whose bytes are stored already: all of them or none",
    description: "Only bytes of packages that the token may read.",
    body: jsonBody({
      ...object({ files: { type: "array", items: REFERENCE, maxItems: FILES_REFERENCED_MAX } }),
      additionalProperties: false,
    }),
    responses: {
      "200": jsonAnswer("Added", object({ items: { type: "array", items: ref("AddedFile") } })),
    },
    problems: [
      "package_not_found",
      "package_state",
      "path_conflict",
      "invalid_path",
      "invalid_json",
      "invalid_input",
      "limit_exceeded",
      "unsupported_media_type",
      "blob_not_found",
      "digest_mismatch",
      "blob_busy",
    ],
  },
} as const satisfies Readonly<Record<string, Operation>>;
