import type { JsonObject } from "../../core/cbor-value.ts";
import { jsonAnswer } from "../openapi/json-content.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { ref } from "../openapi/schemas.ts";

const BYTES: JsonObject = { type: "string", contentMediaType: "application/octet-stream" };

const HEADERS = {
  ETag: "The content address in quotes",
  "Repr-Digest": "SHA-256 of the whole file",
  "Content-Disposition": "Always `attachment`",
};

function header(name: string, description: string): Parameter {
  return { name, in: "header", description, schema: { type: "string" } };
}

export const FILE_OPERATIONS = {
  show: {
    id: "showFile",
    tag: "files",
    summary: "Show a file: path, media type, size, digests, package",
    responses: { "200": jsonAnswer("The file", ref("File")) },
    problems: ["file_not_found", "invalid_input"],
  },
  download: {
    id: "downloadFile",
    tag: "files",
    summary: "Download the bytes of a file of a finalized package",
    description:
      "The whole is never sent wrong: its last bytes are withheld until the digest is right, and the connection breaks off where it is not; a file of up to 1 MiB is checked before its first byte. Of a range the size alone is checked: compare the digest of the whole yourself.",
    parameters: [
      header("Range", "One range of bytes; several are answered with the whole"),
      header("If-Range", "An entity tag"),
      header("If-None-Match", "Entity tags"),
      header("If-Match", "Entity tags"),
    ],
    responses: {
      "200": { description: "The bytes", content: { "*/*": BYTES }, headers: HEADERS },
      "206": { description: "The range", content: { "*/*": BYTES }, headers: HEADERS },
      "304": { description: "The caller has it" },
    },
    problems: [
      "file_not_found",
      "package_state",
      "package_deleted",
      "invalid_input",
      "precondition_failed",
      "range_not_satisfiable",
      "blob_missing",
      "blob_damaged",
      "backend_unavailable",
    ],
  },
} as const satisfies Readonly<Record<string, Operation>>;
