import { parseTimestamp } from "../../core/timestamp.ts";
import { type OpenedArchive, openArchive } from "../../registry/open-archive.ts";
import { findVisiblePackage } from "../../registry/visible-package.ts";
import { type TarFile, tarStream } from "../archive/tar-stream.ts";
import { attachmentNamed } from "../content-disposition.ts";
import type { Exchange } from "../exchange.ts";
import type { Route } from "../route.ts";
import { streamResponse } from "../stream-response.ts";

export const archiveRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/packages/:package_id/archive.tar",
    scope: "read",
    operation: {
      id: "downloadArchive",
      tag: "files",
      summary: "Download a finalized package as one tar archive (pax)",
      description:
        "Files are in order of path, each checked as a download of its own is; the connection breaks off where one is missing or damaged.",
      responses: {
        "200": {
          description: "The archive",
          content: { "application/x-tar": { type: "string", contentMediaType: "application/x-tar" } },
        },
      },
      problems: ["package_not_found", "package_state", "package_deleted", "invalid_input"],
    },
    handle: download,
  },
];

async function download(exchange: Exchange): Promise<Response> {
  const { request, registry, principal, params, signal } = exchange;
  const { id } = await findVisiblePackage(registry, principal, params["package_id"] ?? "");
  const archive = await openArchive(registry, id);
  const headers = {
    "Content-Type": "application/x-tar",
    "Content-Disposition": attachmentNamed(`${id}.tar`),
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
  };
  if (request.method === "HEAD") return new Response(null, { headers });
  const finalizedAt = archive.package.finalized_at;
  const modifiedAtSeconds = finalizedAt === null ? 0 : Math.floor(parseTimestamp(finalizedAt) / 1000);
  return streamResponse(exchange, tarStream(tarFiles(archive, signal), modifiedAtSeconds), { headers });
}

async function* tarFiles(archive: OpenedArchive, signal: AbortSignal): AsyncGenerator<TarFile> {
  for await (const { file, chunks } of archive.files()) {
    yield { path: file.relative_path, sizeBytes: file.size_bytes, chunks: () => chunks(signal) };
  }
}
