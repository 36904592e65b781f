import { ArtifactstoreError } from "../../core/errors.ts";
import { addArchive } from "../../registry/add-archive.ts";
import { addFile } from "../../registry/add-file.ts";
import { addLateFile } from "../../registry/add-late-file.ts";
import type { AddedFile } from "../../registry/place-file.ts";
import { findVisiblePackage } from "../../registry/visible-package.ts";
import { tarEntries } from "../archive/tar-entries.ts";
import { declaredDigests } from "../body/declared-digests.ts";
import { guardedBody } from "../body/guarded-body.ts";
import { mediaTypeOf } from "../body/media-type-of.ts";
import { readForm } from "../body/read-form.ts";
import { refuseEncodedBody } from "../body/refuse-encoded-body.ts";
import { describeAddedFile } from "../describe-added-file.ts";
import type { Exchange } from "../exchange.ts";
import { packagePathOfUrl } from "../package-path-of-url.ts";
import { createdResponse, jsonResponse } from "../respond.ts";
import type { Route } from "../route.ts";
import { PACKAGE_FILE_OPERATIONS } from "./package-files.openapi.ts";

/** What a form has around its file. Bytes. */
const FORM_OVERHEAD_BYTES = 2 * 1024 * 1024;

/** What clients say of a body of which nobody told them anything. */
const UNSAID_MEDIA_TYPE = "application/x-www-form-urlencoded";

const FORM_FIELDS: ReadonlySet<string> = new Set(["relative_path", "media_type"]);

export const packageFileRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/packages/:package_id/files",
    scope: "write",
    takesFiles: true,
    operation: PACKAGE_FILE_OPERATIONS.addForm,
    handle: addForm,
  },
  {
    method: "PUT",
    path: "/packages/:package_id/files/*",
    scope: "write",
    takesFiles: true,
    operation: PACKAGE_FILE_OPERATIONS.put,
    handle: put,
  },
  {
    method: "POST",
    path: "/packages/:package_id/archive",
    scope: "write",
    takesFiles: true,
    operation: PACKAGE_FILE_OPERATIONS.addArchive,
    handle: takeArchive,
  },
];

async function put(exchange: Exchange): Promise<Response> {
  const { request, registry, principal, params, services } = exchange;
  const { id } = await findVisiblePackage(registry, principal, params["package_id"] ?? "");
  refuseEncodedBody(request);
  const { fileMaxBytes } = services.limits;
  const type = mediaTypeOf(request);
  const added = await addFile(
    registry,
    id,
    {
      path: packagePathOfUrl(params["*"] ?? ""),
      ...(type === undefined || type === UNSAID_MEDIA_TYPE ? {} : { mediaType: type }),
      expected: declaredDigests(request),
      maxBytes: fileMaxBytes,
      signal: exchange.signal,
    },
    guardedBody(exchange, fileMaxBytes),
  );
  return answerAdded(id, added);
}

async function addForm(exchange: Exchange): Promise<Response> {
  const { request, registry, principal, params, services } = exchange;
  const { id } = await findVisiblePackage(registry, principal, params["package_id"] ?? "");
  const type = mediaTypeOf(request);
  if (type !== "multipart/form-data") {
    throw new ArtifactstoreError(
      "unsupported_media_type",
      `Cannot add file: the body is "${(type ?? "").slice(0, 80)}", not "multipart/form-data"`,
    );
  }
  refuseEncodedBody(request);
  const { fileMaxBytes } = services.limits;
  const body = guardedBody(exchange, fileMaxBytes + FORM_OVERHEAD_BYTES);
  const form = readForm(request.headers.get("content-type") ?? "", body, "file");
  const added = await addLateFile(registry, id, form.file, fileMaxBytes, async () =>
    describedBy(await form.fields()),
  );
  return answerAdded(id, added);
}

function describedBy(fields: ReadonlyMap<string, string>) {
  const errors = [...fields.keys()]
    .filter((name) => !FORM_FIELDS.has(name))
    .map((name) => ({ pointer: `/${name.slice(0, 80)}`, message: "it is not known here" }));
  const path = fields.get("relative_path");
  if (path === undefined) errors.push({ pointer: "/relative_path", message: "it is missing" });
  if (errors.length > 0) throw new ArtifactstoreError("invalid_input", "Cannot use the form", { errors });
  const mediaType = fields.get("media_type");
  return { path: path ?? "", ...(mediaType === undefined || mediaType === "" ? {} : { mediaType }) };
}

function answerAdded(packageId: string, added: AddedFile): Response {
  return createdResponse(
    `/files/${added.fileId}`,
    describeAddedFile(packageId, added),
    added.existed ? 200 : 201,
  );
}

async function takeArchive(exchange: Exchange): Promise<Response> {
  const { request, registry, principal, params, services } = exchange;
  const { id } = await findVisiblePackage(registry, principal, params["package_id"] ?? "");
  const type = mediaTypeOf(request);
  if (type !== "application/x-tar" && type !== "application/tar") {
    throw new ArtifactstoreError(
      "unsupported_media_type",
      `Cannot add archive: the body is "${(type ?? "").slice(0, 80)}", not "application/x-tar"`,
    );
  }
  refuseEncodedBody(request);
  const { archiveMaxBytes, fileMaxBytes } = services.limits;
  const entries = tarEntries(guardedBody(exchange, archiveMaxBytes));
  const { fileCount, existedCount, totalSizeBytes } = await addArchive(registry, id, entries, {
    fileMaxBytes,
  });
  return jsonResponse({
    id,
    file_count: fileCount,
    reused_count: existedCount,
    total_size_bytes: totalSizeBytes,
  });
}
