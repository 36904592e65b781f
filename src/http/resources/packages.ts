import type { JsonObject } from "../../core/cbor-value.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import { abandonPackage } from "../../registry/abandon-package.ts";
import { type CreatedPackage, createPackage, type PackageRequest } from "../../registry/create-package.ts";
import { packageEventPage } from "../../registry/event-page.ts";
import { finalizePackage } from "../../registry/finalize-package.ts";
import { listPackages } from "../../registry/list-packages.ts";
import type { PackageFilters } from "../../registry/package-filters.ts";
import { listPackageFiles, showPackage } from "../../registry/show-package.ts";
import { findVisiblePackage } from "../../registry/visible-package.ts";
import { answerOnce } from "../answer-once.ts";
import { Fields } from "../body/fields.ts";
import { readJsonBody, readOptionalJsonBody } from "../body/read-json-body.ts";
import type { Exchange } from "../exchange.ts";
import { pageRequest } from "../page-parameters.ts";
import { QueryParameters } from "../query-parameters.ts";
import { jsonResponse, pageResponse } from "../respond.ts";
import type { Route } from "../route.ts";
import { PACKAGE_OPERATIONS } from "./packages.openapi.ts";

/** Filters that are compared with one column each. */
const PLAIN_FILTERS = [
  "producer",
  "subject",
  "retention_class",
  "status",
  "external_id",
  "manifest_digest",
  "content_address",
  "sha256",
  "created_from",
  "created_before",
  "expires_from",
  "expires_before",
] as const satisfies readonly (keyof PackageFilters)[];

export const packageRoutes: readonly Route[] = [
  { method: "POST", path: "/packages", scope: "write", operation: PACKAGE_OPERATIONS.create, handle: create },
  { method: "GET", path: "/packages", scope: "read", operation: PACKAGE_OPERATIONS.list, handle: list },
  {
    method: "GET",
    path: "/packages/:package_id",
    scope: "read",
    operation: PACKAGE_OPERATIONS.show,
    handle: show,
  },
  {
    method: "GET",
    path: "/packages/:package_id/files",
    scope: "read",
    operation: PACKAGE_OPERATIONS.files,
    handle: files,
  },
  {
    method: "GET",
    path: "/packages/:package_id/events",
    scope: "read",
    operation: PACKAGE_OPERATIONS.events,
    handle: events,
  },
  {
    method: "POST",
    path: "/packages/:package_id/finalize",
    scope: "write",
    operation: PACKAGE_OPERATIONS.finalize,
    handle: finalize,
  },
  {
    method: "POST",
    path: "/packages/:package_id/abandon",
    scope: "write",
    operation: PACKAGE_OPERATIONS.abandon,
    handle: abandon,
  },
];

async function create(exchange: Exchange): Promise<Response> {
  const body = await readJsonBody(exchange);
  const request = packageRequest(body);
  checkProducerAllowed(exchange, request.producer);
  return await answerOnce(exchange, body, async () => {
    const created = await createPackage(exchange.registry, request);
    return {
      existed: created.existed,
      location: `/packages/${created.packageId}`,
      body: describeCreated(created),
    };
  });
}

/** What even a token that may only write learns of a package that was there. */
function describeCreated({ packageId, status, manifestDigest, existed }: CreatedPackage) {
  return { id: packageId, status, manifest_digest: manifestDigest ?? null, reused_existing: existed };
}

function packageRequest(body: JsonObject): PackageRequest {
  const fields = new Fields(body);
  const externalId = fields.text("external_id");
  const metadataSchema = fields.text("metadata_schema");
  const request: PackageRequest = {
    name: fields.requiredText("name"),
    producer: fields.requiredText("producer"),
    subject: fields.requiredText("subject"),
    retentionClass: fields.requiredText("retention_class"),
    metadata: fields.object("metadata") ?? {},
    provenance: fields.object("provenance") ?? {},
    ...(externalId === undefined ? {} : { externalId }),
    ...(metadataSchema === undefined ? {} : { metadataSchema }),
  };
  fields.done();
  return request;
}

function checkProducerAllowed({ principal }: Exchange, producer: string): void {
  if (principal.producer === undefined || principal.producer === producer) return;
  throw new ArtifactstoreError(
    "forbidden",
    `Cannot create package: the token of "${principal.actor}" is limited to producer "${principal.producer}"`,
  );
}

async function list({ registry, principal, url }: Exchange): Promise<Response> {
  const query = new QueryParameters(url.searchParams);
  const filters: { -readonly [Key in keyof PackageFilters]: PackageFilters[Key] } = {};
  for (const name of PLAIN_FILTERS) {
    const value = query.text(name);
    if (value !== undefined) filters[name] = value;
  }
  const metadata = query.prefixed("metadata.");
  if (metadata.size > 0) filters.metadata = metadata;
  const page = pageRequest(query);
  query.done();
  // Of other producers there is nothing to be found, as if they did not exist.
  if (principal.producer !== undefined) {
    if (filters.producer !== undefined && filters.producer !== principal.producer)
      return pageResponse({ items: [], nextCursor: undefined });
    filters.producer = principal.producer;
  }
  return pageResponse(await listPackages(registry, filters, page));
}

async function show({ registry, principal, params }: Exchange): Promise<Response> {
  const { id } = await findVisiblePackage(registry, principal, params["package_id"] ?? "");
  return jsonResponse(await showPackage(registry, id));
}

async function files({ registry, principal, params, url }: Exchange): Promise<Response> {
  const query = new QueryParameters(url.searchParams);
  const page = pageRequest(query);
  query.done();
  const { id } = await findVisiblePackage(registry, principal, params["package_id"] ?? "");
  return pageResponse(await listPackageFiles(registry, id, page));
}

async function events({ registry, principal, params, url }: Exchange): Promise<Response> {
  const query = new QueryParameters(url.searchParams);
  const page = pageRequest(query);
  query.done();
  const { id } = await findVisiblePackage(registry, principal, params["package_id"] ?? "");
  return pageResponse(await packageEventPage(registry, id, page));
}

async function finalize(exchange: Exchange): Promise<Response> {
  const { registry, principal, params } = exchange;
  const { id } = await findVisiblePackage(registry, principal, params["package_id"] ?? "");
  new Fields(await readOptionalJsonBody(exchange)).done();
  const { manifestDigest, fileCount, existed } = await finalizePackage(registry, id);
  return jsonResponse({
    id,
    status: "finalized",
    manifest_digest: manifestDigest,
    file_count: fileCount,
    reused_existing: existed,
  });
}

async function abandon(exchange: Exchange): Promise<Response> {
  const { registry, principal, params } = exchange;
  const { id } = await findVisiblePackage(registry, principal, params["package_id"] ?? "");
  const fields = new Fields(await readJsonBody(exchange));
  const reason = fields.requiredText("reason");
  fields.done();
  await abandonPackage(registry, id, reason);
  return jsonResponse({ id, status: "abandoned" });
}
