import { ArtifactstoreError } from "./errors.ts";
import { decodeTarText } from "./tar-header.ts";

/**
 * Reads the records of an extended header, `"<length> <key>=<value>\n"` each (POSIX.1-2017, pax, "pax Extended Header").
 * The last of equal keys counts. Throws `invalid_request`.
 */
export function parsePaxRecords(bytes: Uint8Array): Map<string, string> {
  const records = new Map<string, string>();
  let rest = bytes;
  while (rest.length > 0) {
    const space = rest.indexOf(0x20);
    const digits = space < 1 || space > 8 ? "" : decodeTarText(rest.subarray(0, space));
    const length = /^[1-9][0-9]*$/.test(digits) ? Number(digits) : 0;
    if (length < space + 3 || length > rest.length || rest[length - 1] !== 0x0a) throw refused();
    const record = decodeTarText(rest.subarray(space + 1, length - 1));
    const equals = record.indexOf("=");
    if (equals < 1) throw refused();
    records.set(record.slice(0, equals), record.slice(equals + 1));
    rest = rest.subarray(length);
  }
  return records;
}

/** Each record says its own length, its digits included. */
export function formatPaxRecords(records: ReadonlyMap<string, string>): Uint8Array {
  let text = "";
  for (const [key, value] of records) {
    const body = ` ${key}=${value}\n`;
    const bodyBytes = new TextEncoder().encode(body).length;
    let length = bodyBytes + String(bodyBytes).length;
    if (bodyBytes + String(length).length !== length) length = bodyBytes + String(length).length;
    text += `${length}${body}`;
  }
  return new TextEncoder().encode(text);
}

function refused(): ArtifactstoreError {
  return new ArtifactstoreError(
    "invalid_request",
    "Cannot read the tar archive: an extended header in it is malformed",
  );
}
