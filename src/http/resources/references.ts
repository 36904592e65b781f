import type { JsonObject, JsonValue } from "../../core/cbor-value.ts";
import { ArtifactstoreError, type FieldError, isArtifactstoreError } from "../../core/errors.ts";
import { missingBlobs } from "../../registry/missing-blobs.ts";
import { type ReferencedFile, referenceFiles } from "../../registry/reference-files.ts";
import { findVisiblePackage } from "../../registry/visible-package.ts";
import { Fields } from "../body/fields.ts";
import { readJsonBody } from "../body/read-json-body.ts";
import { describeAddedFile } from "../describe-added-file.ts";
import type { Exchange } from "../exchange.ts";
import { jsonResponse } from "../respond.ts";
import type { Route } from "../route.ts";
import { REFERENCE_OPERATIONS } from "./references.openapi.ts";

export const referenceRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/packages/:package_id/missing",
    scope: "write",
    operation: REFERENCE_OPERATIONS.missing,
    handle: missing,
  },
  {
    method: "POST",
    path: "/packages/:package_id/references",
    scope: "write",
    operation: REFERENCE_OPERATIONS.reference,
    handle: reference,
  },
];

/**
 * Whose packages a token may read: to know that somebody has certain bytes is to have read something of theirs. One that may
 * not read is told of nothing, so that it sends everything; and one that is limited, of its producer's alone.
 */
function readable({ principal }: Exchange): { readonly producer?: string } | undefined {
  if (!principal.scopes.has("read")) return undefined;
  return principal.producer === undefined ? {} : { producer: principal.producer };
}

async function missing(exchange: Exchange): Promise<Response> {
  const { registry, principal, params } = exchange;
  const { id } = await findVisiblePackage(registry, principal, params["package_id"] ?? "");
  const fields = new Fields(await readJsonBody(exchange));
  const addresses = textsOf(fields, "content_addresses");
  fields.done();
  const visible = readable(exchange);
  const found =
    visible === undefined ? [...new Set(addresses)] : await missingBlobs(registry, id, addresses, visible);
  return jsonResponse({ missing: found });
}

async function reference(exchange: Exchange): Promise<Response> {
  const { registry, principal, params } = exchange;
  const { id } = await findVisiblePackage(registry, principal, params["package_id"] ?? "");
  const fields = new Fields(await readJsonBody(exchange));
  const items = fields.list("files");
  if (items === undefined) fields.requireMember("files");
  fields.done();
  const files = referencedFiles(items ?? []);
  const visible = readable(exchange);
  if (visible === undefined) {
    throw new ArtifactstoreError(
      "forbidden",
      `Cannot refer to stored bytes: the token of "${principal.actor}" does not have the scope "read"`,
    );
  }
  const added = await referenceFiles(registry, id, files, visible);
  return jsonResponse({ items: added.map((file) => describeAddedFile(id, file)) });
}

function textsOf(fields: Fields, name: string): string[] {
  const items = fields.list(name);
  if (items === undefined) fields.requireMember(name);
  const texts = (items ?? []).filter((item) => typeof item === "string");
  if (texts.length !== (items ?? []).length) fields.refuse(name, "not every item is a text");
  return texts;
}

function referencedFiles(items: readonly JsonValue[]): ReferencedFile[] {
  const problems: FieldError[] = [];
  const files = items.flatMap((item, index) => {
    try {
      return [referencedFile(item, `/files/${index}`)];
    } catch (error) {
      if (!isArtifactstoreError(error, "invalid_input")) throw error;
      problems.push(...error.errors);
      return [];
    }
  });
  if (problems.length > 0) {
    throw new ArtifactstoreError("invalid_input", "Cannot use the request body", {
      errors: problems.slice(0, 100),
    });
  }
  return files;
}

function referencedFile(item: JsonValue, pointer: string): ReferencedFile {
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    throw new ArtifactstoreError("invalid_input", "Cannot use the request body", {
      errors: [{ pointer, message: "it is not an object" }],
    });
  }
  const fields = new Fields(item as JsonObject, pointer);
  const path = fields.requiredText("relative_path");
  const contentAddress = fields.requiredText("content_address");
  const sizeBytes = fields.count("size_bytes");
  const mediaType = fields.text("media_type");
  const annotations = fields.object("annotations");
  fields.done();
  return {
    path,
    contentAddress,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
