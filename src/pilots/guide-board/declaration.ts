import type { JsonObject, JsonValue } from "../../core/cbor-value.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import { isMediaType } from "../../core/media-type.ts";
import { quoteForTerminal } from "../../core/terminal-text.ts";
import { firstField, isJsonObject, textField } from "./json-fields.ts";
import type { Declaration } from "./run-plan.ts";

const SHA256_KEYS = ["sha256"];
const SIZE_KEYS = ["size_bytes", "size", "bytes", "byte_size"];
const DIGEST_KEYS = ["checksum", "digest", "hash"];
const MEDIA_TYPE_KEYS = ["media_type", "content_type", "mime_type"];

const HEX_64 = /^[0-9a-f]{64}$/i;
const DIGEST = /^(?:(sha-?256|blake3)[:=])?([0-9a-f]{64})$/i;

/**
 * What one entry of an assessment package says of its file. A digest is SHA-256 unless it says otherwise, with or
 * without a prefix; one of an algorithm that is not computed here draws a warning.
 *
 * Throws `invalid_input` for what claims to be a SHA-256 and is none, and for a size that is no size.
 */
export function readDeclaration(path: string, entry: JsonValue, warnings: string[]): Declaration {
  const declaration: { -readonly [Key in keyof Declaration]: Declaration[Key] } = {};
  if (!isJsonObject(entry)) return declaration;
  const sha256 = textField(entry, SHA256_KEYS);
  if (sha256 === undefined) readDigest(path, entry, declaration, warnings);
  else declaration.sha256 = readSha256(path, sha256);
  const sizeBytes = readSize(path, entry);
  if (sizeBytes !== undefined) declaration.sizeBytes = sizeBytes;
  const mediaType = readMediaType(entry);
  if (mediaType !== undefined) declaration.mediaType = mediaType;
  return declaration;
}

function readSha256(path: string, stated: string): string {
  const hex = HEX_64.test(stated) ? stated : stated.replace(/^sha-?256[:=]/i, "");
  if (!HEX_64.test(hex)) throw refused(path, `its SHA-256 ${quoteForTerminal(stated)} is not 64 hex digits`);
  return hex.toLowerCase();
}

function readDigest(
  path: string,
  entry: JsonObject,
  declaration: { sha256?: string; blake3?: string },
  warnings: string[],
): void {
  const stated = firstField(entry, DIGEST_KEYS);
  const text = isJsonObject(stated) ? joined(stated) : stated;
  if (text === undefined || text === "") return;
  const [, algorithm, hex] = (typeof text === "string" ? DIGEST.exec(text) : undefined) ?? [];
  if (hex === undefined) {
    warnings.push(`declared digest of ${quoteForTerminal(path)} is of no known kind: it is not compared`);
  } else if (algorithm?.toLowerCase() === "blake3") declaration.blake3 = hex.toLowerCase();
  else declaration.sha256 = hex.toLowerCase();
}

/** `{algorithm, value}` as `algorithm:value`. */
function joined(digest: JsonObject): string | undefined {
  const value = textField(digest, ["value", "hex", "digest"]);
  const algorithm = textField(digest, ["algorithm", "alg"]);
  return value === undefined || algorithm === undefined ? value : `${algorithm}:${value}`;
}

function readSize(path: string, entry: JsonObject): number | undefined {
  const size = firstField(entry, SIZE_KEYS);
  if (size === undefined) return undefined;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw refused(path, "its declared size is not a number of bytes");
  }
  return size;
}

/** Without parameters and in lower case, as manifests have it; what is no media type counts as not declared. */
function readMediaType(entry: JsonObject): string | undefined {
  const stated = textField(entry, MEDIA_TYPE_KEYS);
  if (stated === undefined) return undefined;
  const [essence = ""] = stated.split(";");
  const mediaType = essence.trim().toLowerCase();
  return isMediaType(mediaType) ? mediaType : undefined;
}

function refused(path: string, state: string): ArtifactstoreError {
  return new ArtifactstoreError(
    "invalid_input",
    `Cannot read declaration of ${quoteForTerminal(path)}: ${state}`,
  );
}
