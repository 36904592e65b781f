import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { uuidOfHex } from "../core/uuid.ts";

const NAMESPACE_BYTES = 16;

/** A longer name takes a buffer of its own. Bytes. */
const USUAL_NAME_BYTES = 256;

const usual = Buffer.alloc(NAMESPACE_BYTES + USUAL_NAME_BYTES);

/**
 * The id of the storage location of one file on one backend: the UUID of version 5 (RFC 9562 section 5.5) of the
 * backend's name in the namespace that the file's id is. Repeating finds the same.
 */
export function locationId(fileId: string, backendId: string): string {
  const nameBytes = Buffer.byteLength(backendId);
  const input = nameBytes <= USUAL_NAME_BYTES ? usual : Buffer.alloc(NAMESPACE_BYTES + nameBytes);
  input.write(fileId.replaceAll("-", ""), 0, "hex");
  input.write(backendId, NAMESPACE_BYTES, "utf8");
  return uuidOfHex(hash("sha1", input.subarray(0, NAMESPACE_BYTES + nameBytes), "hex"), 5);
}
