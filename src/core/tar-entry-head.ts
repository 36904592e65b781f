import { formatPaxRecords } from "./pax-records.ts";
import { formatTarHeader, tarPadding } from "./tar-header.ts";

/** The longest name that a plain header holds. Bytes. */
const NAME_MAX_BYTES = 100;

/** The largest size that eleven octal digits say. Bytes. */
const SIZE_MAX_BYTES = 8 ** 11 - 1;

const utf8 = new TextEncoder();

/**
 * What stands before the bytes of one regular file in a pax archive (POSIX.1-2017), in whole blocks: its header, and
 * before that an extended one for a name or size that does not fit.
 */
export function* formatTarEntryHead(
  path: string,
  sizeBytes: number,
  modifiedAtSeconds = 0,
): Generator<Uint8Array> {
  const records = new Map<string, string>();
  const nameBytes = utf8.encode(path).length;
  if (nameBytes > NAME_MAX_BYTES || nameBytes !== path.length) records.set("path", path);
  if (sizeBytes > SIZE_MAX_BYTES) records.set("size", String(sizeBytes));
  if (records.size > 0) {
    const data = formatPaxRecords(records);
    yield formatTarHeader({ name: "pax", sizeBytes: data.length, type: "x", modifiedAtSeconds });
    yield data;
    yield new Uint8Array(tarPadding(data.length));
  }
  yield formatTarHeader({
    name: records.has("path") ? "file" : path,
    sizeBytes: records.has("size") ? 0 : sizeBytes,
    type: "0",
    modifiedAtSeconds,
  });
}
