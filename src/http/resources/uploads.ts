import { ArtifactstoreError } from "../../core/errors.ts";
import { appendUpload, findUpload } from "../../registry/uploads/append-upload.ts";
import { createUpload } from "../../registry/uploads/create-upload.ts";
import { terminateUpload } from "../../registry/uploads/end-uploads.ts";
import type { Upload } from "../../registry/uploads/upload.ts";
import { findVisiblePackage } from "../../registry/visible-package.ts";
import { guardedBody } from "../body/guarded-body.ts";
import { mediaTypeOf } from "../body/media-type-of.ts";
import { CHECKSUM_ALGORITHMS, parseUploadChecksum, parseUploadMetadata } from "../body/upload-metadata.ts";
import type { Exchange } from "../exchange.ts";
import type { Route } from "../route.ts";
import { TUS_HEADERS, TUS_VERSION, UPLOAD_OPERATIONS } from "./uploads.openapi.ts";

const COLLECTION = "/packages/:package_id/uploads";
const ITEM = "/packages/:package_id/uploads/:upload_id";

/** The media type of every part (tus 1.0, PATCH). */
const PART_TYPE = "application/offset+octet-stream";

const common = { takesFiles: true, responseHeaders: TUS_HEADERS } as const;

export const uploadRoutes: readonly Route[] = [
  {
    method: "OPTIONS",
    path: COLLECTION,
    scope: "open",
    operation: UPLOAD_OPERATIONS.options,
    responseHeaders: TUS_HEADERS,
    handle: options,
  },
  {
    method: "POST",
    path: COLLECTION,
    scope: "write",
    operation: UPLOAD_OPERATIONS.create,
    ...common,
    handle: create,
  },
  {
    method: "HEAD",
    path: ITEM,
    scope: "write",
    operation: UPLOAD_OPERATIONS.head,
    responseHeaders: TUS_HEADERS,
    handle: head,
  },
  {
    method: "PATCH",
    path: ITEM,
    scope: "write",
    operation: UPLOAD_OPERATIONS.patch,
    ...common,
    handle: patch,
  },
  {
    method: "DELETE",
    path: ITEM,
    scope: "write",
    operation: UPLOAD_OPERATIONS.terminate,
    responseHeaders: TUS_HEADERS,
    handle: terminate,
  },
];

async function options({ services }: Exchange): Promise<Response> {
  return new Response(null, {
    status: 204,
    headers: {
      Allow: "OPTIONS, POST",
      "Tus-Version": TUS_VERSION,
      "Tus-Extension": "creation,creation-with-upload,checksum,expiration,termination",
      "Tus-Max-Size": String(services.limits.fileMaxBytes),
      "Tus-Checksum-Algorithm": CHECKSUM_ALGORITHMS,
    },
  });
}

async function create(exchange: Exchange): Promise<Response> {
  const { request, registry, principal, params, services } = exchange;
  checkVersion(request);
  const { id: packageId } = await findVisiblePackage(registry, principal, params["package_id"] ?? "");
  const metadata = request.headers.get("upload-metadata") ?? "";
  const said = parseUploadMetadata(metadata);
  const path = said.get("relative_path");
  if (path === undefined) {
    throw new ArtifactstoreError("invalid_input", "Cannot begin an upload", {
      errors: [{ pointer: "/relative_path", message: 'it is missing in "Upload-Metadata"' }],
    });
  }
  const mediaType = said.get("media_type");
  const sha256 = said.get("sha256");
  const contentAddress = said.get("content_address");
  const created = await createUpload(registry, packageId, {
    path,
    ...(mediaType === undefined ? {} : { mediaType }),
    expected: {
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(contentAddress === undefined ? {} : { contentAddress }),
    },
    metadata,
    sizeBytes: requiredCount(request, "upload-length"),
    maxBytes: services.limits.fileMaxBytes,
  });
  // Only a body that says what it is comes with the creation; others are of clients that send one always.
  const withBody = mediaTypeOf(request) === PART_TYPE && created.offsetBytes < created.sizeBytes;
  const upload = withBody ? await append(exchange, created, 0) : created;
  return new Response(null, {
    status: 201,
    headers: {
      Location: `/packages/${packageId}/uploads/${upload.id}`,
      "Upload-Offset": String(upload.offsetBytes),
      ...progressHeaders(upload),
    },
  });
}

async function head(exchange: Exchange): Promise<Response> {
  checkVersion(exchange.request);
  const upload = await uploadOf(exchange);
  return new Response(null, {
    headers: {
      "Cache-Control": "no-store",
      "Upload-Offset": String(upload.offsetBytes),
      "Upload-Length": String(upload.sizeBytes),
      ...(upload.metadata === "" ? {} : { "Upload-Metadata": upload.metadata }),
      ...progressHeaders(upload),
    },
  });
}

async function patch(exchange: Exchange): Promise<Response> {
  const { request } = exchange;
  checkVersion(request);
  if (mediaTypeOf(request) !== PART_TYPE) {
    throw new ArtifactstoreError(
      "unsupported_media_type",
      `Cannot write to the upload: the body is not "${PART_TYPE}"`,
    );
  }
  const upload = await append(exchange, await uploadOf(exchange), requiredCount(request, "upload-offset"));
  return new Response(null, {
    status: 204,
    headers: { "Upload-Offset": String(upload.offsetBytes), ...progressHeaders(upload) },
  });
}

async function append(exchange: Exchange, upload: Upload, offsetBytes: number): Promise<Upload> {
  const { request, registry, signal } = exchange;
  const checksum = request.headers.get("upload-checksum");
  return await appendUpload(
    registry,
    upload.id,
    { offsetBytes, signal, ...(checksum === null ? {} : { checksum: parseUploadChecksum(checksum) }) },
    guardedBody(exchange, upload.sizeBytes),
  );
}

async function terminate(exchange: Exchange): Promise<Response> {
  checkVersion(exchange.request);
  const { id } = await uploadOf(exchange);
  await terminateUpload(exchange.registry, id);
  return new Response(null, { status: 204 });
}

/** An upload is found below its own package alone. Throws `package_not_found`, `upload_not_found`. */
async function uploadOf({ registry, principal, params }: Exchange): Promise<Upload> {
  const { id } = await findVisiblePackage(registry, principal, params["package_id"] ?? "");
  const upload = await findUpload(registry, params["upload_id"] ?? "");
  if (upload.packageId === id) return upload;
  throw new ArtifactstoreError("upload_not_found", `Cannot find upload "${upload.id}": there is none`);
}

function progressHeaders({ expiresAt, fileId }: Upload): Record<string, string> {
  return {
    // As HTTP spells times (RFC 9110 section 5.6.7).
    "Upload-Expires": new Date(expiresAt).toUTCString(),
    ...(fileId === undefined ? {} : { "Artifactstore-File-Id": fileId }),
  };
}

function checkVersion({ headers }: Request): void {
  if (headers.get("tus-resumable") === TUS_VERSION) return;
  throw new ArtifactstoreError(
    "precondition_failed",
    `Cannot answer: "Tus-Resumable" is not "${TUS_VERSION}"`,
  );
}

function requiredCount({ headers }: Request, name: string): number {
  const text = headers.get(name);
  if (text !== null && /^(0|[1-9][0-9]{0,14})$/.test(text)) return Number(text);
  throw new ArtifactstoreError(
    "invalid_request",
    `Cannot read the header "${name}": it is not a number of bytes`,
  );
}
