import type { JsonObject } from "../core/cbor-value.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { JSON_DOCUMENT_MAX_BYTES } from "../core/limits.ts";
import { parseStrictJson } from "../core/strict-json.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import { readInputFile } from "./read-input-file.ts";

/** A JSON object that the user names by its file. Throws `source_refused`, `limit_exceeded`, `invalid_json`. */
export function readJsonObject(path: string): JsonObject {
  const value = parseStrictJson(readInputFile(path, JSON_DOCUMENT_MAX_BYTES), quoteForTerminal(path));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ArtifactstoreError(
      "invalid_input",
      `Cannot read ${quoteForTerminal(path)}: it is not a JSON object`,
    );
  }
  return value as JsonObject;
}
