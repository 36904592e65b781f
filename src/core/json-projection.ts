import { decodeCanonicalCbor, encodeCanonicalCbor } from "./canonical-cbor.ts";
import { printCanonicalJson } from "./canonical-json.ts";
import { CBOR_DEPTH_MAX } from "./limits.ts";
import { parseStrictJson } from "./strict-json.ts";

/**
 * The JSON form of canonical CBOR: RFC 8785 text. Throws `invalid_cbor` for bytes that are not canonical and
 * `invalid_input` for an item with byte strings, which have no JSON form.
 */
export function projectToJson(cbor: Uint8Array): string {
  return printCanonicalJson(decodeCanonicalCbor(cbor));
}

/** The way back: `readJsonProjection(projectToJson(bytes))` gives the same bytes. Throws `invalid_json`. */
export function readJsonProjection(text: string): Uint8Array {
  return encodeCanonicalCbor(parseStrictJson(text, "JSON projection", { depthMax: CBOR_DEPTH_MAX }));
}
