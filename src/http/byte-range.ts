import type { DownloadableFile } from "../registry/download-file.ts";

/** Half-open: `0 <= start < end`. */
export type RequestedRange = NonNullable<Parameters<DownloadableFile["open"]>[0]>;

const RANGE = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i;

/**
 * The one range that a request asks for (RFC 9110 section 14.2). `undefined`: the whole, also for what is malformed, of
 * another unit, or more than one range, all of which may be passed over. `unsatisfiable`: nothing of it is there.
 *
 * @param etag of what is there now; an `If-Range` that is another's asks for the whole
 */
export function requestedRange(
  request: Request,
  sizeBytes: number,
  etag: string,
): RequestedRange | "unsatisfiable" | undefined {
  const text = request.headers.get("range");
  if (text === null || request.method !== "GET") return undefined;
  const condition = request.headers.get("if-range");
  if (condition !== null && condition.trim() !== etag) return undefined;
  const [, first = "", last = ""] = RANGE.exec(text) ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? "unsatisfiable" : { start: sizeBytes - length, end: sizeBytes };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= sizeBytes) return "unsatisfiable";
  return { start, end: last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) };
}
