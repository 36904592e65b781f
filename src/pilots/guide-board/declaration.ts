import type { JsonObject, JsonValue } from "../../core/cbor-value.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import { isMediaType } from "../../core/media-type.ts";
import { quoteForTerminal } from "../../core/terminal-text.ts";
import { firstField, isJsonObject, textField } from "./json-fields.ts";
import type { Declaration } from "./run-plan.ts";

const SIZE_KEYS = ["size_bytes", "size", "bytes", "byte_size"];
const DIGEST_KEYS = ["checksum", "digest", "hash"];
const MEDIA_TYPE_KEYS = ["media_type", "content_type", "mime_type"];

const HEX_64 = /^[0-9a-f]{64}$/i;
const PREFIXED = /^(sha-?256|blake3)[:=]([0-9a-f]{64})$/i;

/**
 * What one entry of an assessment package says of its file. A digest is SHA-256 unless it says otherwise, with or
 * without a prefix; one of an algorithm that is not computed here draws a warning.
 *
 * Throws `invalid_input` for what claims to be a SHA-256 and is none, and for a size that is no size.
 */
export function readDeclaration(path: string, entry: JsonValue, warnings: string[]): Declaration {
  if (!isJsonObject(entry)) return {};
  const digest = readDigest(path, entry, warnings);
  const sizeBytes = readSize(path, entry);
  const mediaType = readMediaType(entry);
  return {
    ...digest,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(mediaType === undefined ? {} : { mediaType }),
  };
}

function readDigest(path: string, entry: JsonObject, warnings: string[]): Declaration {
  const sha256 = textField(entry, ["sha256"]);
  if (sha256 !== undefined) {
    const hex = sha256.replace(/^sha-?256[:=]/i, "");
    if (!HEX_64.test(hex))
      throw refused(path, `its SHA-256 ${quoteForTerminal(sha256)} is not 64 hex digits`);
    return { sha256: hex.toLowerCase() };
  }
  const stated = firstField(entry, DIGEST_KEYS);
  const text = isJsonObject(stated) ? joined(stated) : stated;
  if (text === undefined || text === "") return {};
  const [, algorithm, hex] = (typeof text === "string" ? PREFIXED.exec(text) : undefined) ?? [];
  if (hex !== undefined) {
    return algorithm?.toLowerCase() === "blake3"
      ? { blake3: hex.toLowerCase() }
      : { sha256: hex.toLowerCase() };
  }
  if (typeof text === "string" && HEX_64.test(text)) return { sha256: text.toLowerCase() };
  warnings.push(`declared digest of ${quoteForTerminal(path)} is of no known kind: it is not compared`);
  return {};
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
  const [essence = ""] = (textField(entry, MEDIA_TYPE_KEYS) ?? "").split(";");
  const mediaType = essence.trim().toLowerCase();
  return isMediaType(mediaType) ? mediaType : undefined;
}

function refused(path: string, state: string): ArtifactstoreError {
  return new ArtifactstoreError(
    "invalid_input",
    `Cannot read declaration of ${quoteForTerminal(path)}: ${state}`,
  );
}
