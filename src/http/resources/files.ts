import { ArtifactstoreError } from "../../core/errors.ts";
import { type DownloadableFile, downloadFile } from "../../registry/download-file.ts";
import { showFile } from "../../registry/show-file.ts";
import { findVisibleFile } from "../../registry/visible-package.ts";
import { formatReprDigest } from "../body/declared-digests.ts";
import { type RequestedRange, requestedRange } from "../byte-range.ts";
import { failsMatch, isNotModified } from "../conditions.ts";
import { attachmentNamed } from "../content-disposition.ts";
import type { Exchange } from "../exchange.ts";
import { problemResponse } from "../problem.ts";
import { jsonResponse } from "../respond.ts";
import type { Route } from "../route.ts";
import { streamResponse } from "../stream-response.ts";
import { FILE_OPERATIONS } from "./files.openapi.ts";

/** Answered from memory, whole and checked. Bytes. */
const WHOLE_MAX_BYTES = 1024 * 1024;

export const fileRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/files/:file_id",
    scope: "read",
    operation: FILE_OPERATIONS.show,
    handle: show,
  },
  {
    method: "GET",
    path: "/files/:file_id/download",
    scope: "read",
    operation: FILE_OPERATIONS.download,
    handle: download,
  },
];

async function show({ registry, principal, params }: Exchange): Promise<Response> {
  return jsonResponse(await showFile(registry, principal, params["file_id"] ?? ""));
}

async function download(exchange: Exchange): Promise<Response> {
  const { request, registry, principal, params } = exchange;
  const fileId = params["file_id"] ?? "";
  // Before anything is said of its state: what somebody may not see does not exist for them.
  if (principal.producer !== undefined) await findVisibleFile(registry, principal, fileId);
  const found = await downloadFile(registry, fileId);
  const etag = `"${found.address}"`;
  const headers = {
    ETag: etag,
    "Repr-Digest": formatReprDigest(found.sha256),
    "Accept-Ranges": "bytes",
    // Its content never changes; whether somebody may have it is asked each time.
    "Cache-Control": "private, no-cache",
    "Content-Disposition": attachmentNamed(found.file.relative_path),
    "X-Content-Type-Options": "nosniff",
    // Whatever it is, a browser that shows it all the same runs nothing of it in our name.
    "Content-Security-Policy": "sandbox; default-src 'none'",
  };
  if (failsMatch(request, etag)) {
    throw new ArtifactstoreError("precondition_failed", `Cannot download file "${fileId}": it is ${etag}`);
  }
  if (isNotModified(request, etag)) return new Response(null, { status: 304, headers });
  const typed = { ...headers, "Content-Type": found.mediaType };
  const range = requestedRange(request, found.size, etag);
  if (range === "unsatisfiable") return unsatisfiable(exchange, found);
  if (request.method === "HEAD") {
    return new Response(null, { headers: { ...typed, "Content-Length": String(found.size) } });
  }
  return await send(exchange, found, range, typed);
}

async function send(
  exchange: Exchange,
  found: DownloadableFile,
  range: RequestedRange | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const length = range === undefined ? found.size : range.end - range.start;
  const stream = await found.open(range, exchange.signal);
  const init = {
    status: range === undefined ? 200 : 206,
    headers: {
      ...headers,
      "Content-Length": String(length),
      ...(range === undefined
        ? {}
        : { "Content-Range": `bytes ${range.start}-${range.end - 1}/${found.size}` }),
    },
  };
  if (length > WHOLE_MAX_BYTES) return streamResponse(exchange, stream, init);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return new Response(Buffer.concat(chunks), init);
}

function unsatisfiable(exchange: Exchange, { size }: DownloadableFile): Response {
  const error = new ArtifactstoreError(
    "range_not_satisfiable",
    `Cannot answer the range: the file has ${size} bytes`,
  );
  return problemResponse(error, exchange.requestId, { "Content-Range": `bytes */${size}` });
}
