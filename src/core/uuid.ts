import { v5, v7 } from "uuid";
import { refuseText } from "./text-rules.ts";

/** A UUID of ours: lower case, RFC 9562 variant, versions 1 to 8. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** @param version the one version that will do; any if left out */
export function isUuid(text: string, version?: number): boolean {
  return UUID.test(text) && (version === undefined || text[14] === String(version));
}

/** Answers the text. Throws `invalid_input` for every other spelling; `what` names it in the message. */
export function parseUuid(text: string, what: string, version?: number): string {
  if (isUuid(text, version)) return text;
  const kind = version === undefined ? "a lower-case UUID" : `a lower-case UUID of version ${version}`;
  return refuseText(text, what, `it is not ${kind}`);
}

/**
 * The UUID of a name in a namespace (RFC 9562 section 5.5): the same for the same two texts, everywhere and always.
 *
 * @param namespace a UUID
 */
export function uuidV5(namespace: string, name: string): string {
  return v5(name, namespace);
}

/**
 * A time-ordered UUID (RFC 9562 section 5.7).
 *
 * @param epochMs milliseconds since 1970
 * @param random 16 random bytes
 */
export function uuidV7(epochMs: number, random: Uint8Array): string {
  return v7({ msecs: epochMs, random });
}

/** The id of the storage location of one file on one backend; replaying or repeating finds the same. */
export function locationId(fileId: string, backendId: string): string {
  return uuidV5(fileId, backendId);
}
