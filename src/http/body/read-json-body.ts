import type { JsonObject } from "../../core/cbor-value.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import { HTTP_JSON_MAX_BYTES } from "../../core/limits.ts";
import { parseStrictJson } from "../../core/strict-json.ts";
import type { Exchange } from "../exchange.ts";
import { guardedBody } from "./guarded-body.ts";
import { mediaTypeOf } from "./media-type-of.ts";

const JSON_TYPE = /^application\/(?:[a-z0-9.!#$&^_-]+\+)?json$/;

/** The object that the body holds. Throws `unsupported_media_type`, `invalid_json`, `invalid_input`, and what reading does. */
export async function readJsonBody(exchange: Exchange): Promise<JsonObject> {
  return parseObject(await readJsonBytes(exchange));
}

/** The same where nothing has to be said: no body, or an empty one, is an empty object. */
export async function readOptionalJsonBody(exchange: Exchange): Promise<JsonObject> {
  if (exchange.request.body === null) return {};
  const bytes = await readBytes(exchange);
  if (bytes.length === 0) return {};
  checkType(exchange);
  return parseObject(bytes);
}

/** The same of bytes that were read already: a fingerprint may be made of them. */
export function parseObject(bytes: Uint8Array): JsonObject {
  const value = parseStrictJson(bytes, "the request body");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ArtifactstoreError("invalid_input", "Cannot read the request body: it is not a JSON object");
  }
  return value as JsonObject;
}

export async function readJsonBytes(exchange: Exchange): Promise<Uint8Array> {
  checkType(exchange);
  return await readBytes(exchange);
}

function checkType(exchange: Exchange): void {
  const type = mediaTypeOf(exchange.request);
  if (type !== undefined && !JSON_TYPE.test(type)) {
    throw new ArtifactstoreError(
      "unsupported_media_type",
      `Cannot read the request body: it is "${type.slice(0, 80)}", not "application/json"`,
    );
  }
}

async function readBytes(exchange: Exchange): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of guardedBody(exchange, HTTP_JSON_MAX_BYTES)) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}
