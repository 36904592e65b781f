import { projectToJson } from "../../core/json-projection.ts";
import { readManifest } from "../../registry/read-manifest.ts";
import { findVisiblePackage } from "../../registry/visible-package.ts";
import { isNotModified } from "../conditions.ts";
import type { Exchange } from "../exchange.ts";
import type { Answer, Operation } from "../openapi/operation.ts";
import { ref } from "../openapi/schemas.ts";
import type { Route } from "../route.ts";

const HEADERS = {
  ETag: "The manifest digest in quotes",
  "Artifactstore-Manifest-Digest": "The manifest digest: that of the CBOR, in both forms",
};

function operation(id: string, summary: string, content: Answer["content"]): Operation {
  return {
    id,
    tag: "manifests",
    summary,
    parameters: [
      { name: "If-None-Match", in: "header", description: "Entity tags", schema: { type: "string" } },
    ],
    responses: {
      "200": { description: "The manifest", headers: HEADERS, ...(content === undefined ? {} : { content }) },
      "304": { description: "The caller has it", headers: HEADERS },
    },
    problems: ["package_not_found", "package_state", "invalid_input"],
  };
}

export const manifestRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/packages/:package_id/manifest",
    scope: "read",
    operation: operation("readManifest", "The sealed manifest, the very bytes that its digest is of", {
      "application/cbor": { type: "string", contentMediaType: "application/cbor" },
    }),
    handle: (exchange) => answer(exchange, "application/cbor", (bytes) => bytes),
  },
  {
    method: "GET",
    path: "/packages/:package_id/manifest.json",
    scope: "read",
    operation: operation("readManifestJson", "The sealed manifest as canonical JSON (RFC 8785)", {
      "application/json": ref("Manifest"),
    }),
    handle: (exchange) => answer(exchange, "application/json", projectToJson),
  },
];

async function answer(
  { request, registry, principal, params }: Exchange,
  mediaType: string,
  render: (cbor: Uint8Array) => Uint8Array | string,
): Promise<Response> {
  const { id } = await findVisiblePackage(registry, principal, params["package_id"] ?? "");
  const { digest, bytes } = await readManifest(registry, id);
  const etag = `"${digest}"`;
  const headers = {
    ETag: etag,
    "Artifactstore-Manifest-Digest": digest,
    // It never changes; whether somebody may have it is asked each time.
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
  };
  if (isNotModified(request, etag)) return new Response(null, { status: 304, headers });
  const body = render(bytes);
  return new Response(body as Uint8Array<ArrayBuffer> | string, {
    headers: { ...headers, "Content-Type": mediaType },
  });
}
