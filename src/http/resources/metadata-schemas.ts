import { listSchemas, showSchema } from "../../registry/list-schemas.ts";
import { registerSchema } from "../../registry/registered-schema.ts";
import { checkSchema } from "../../schema/metadata-schema.ts";
import { answerOnce } from "../answer-once.ts";
import { Fields } from "../body/fields.ts";
import { readJsonBody } from "../body/read-json-body.ts";
import type { Exchange } from "../exchange.ts";
import { jsonAnswer, jsonBody } from "../openapi/json-content.ts";
import { object, pageOf, ref } from "../openapi/schemas.ts";
import { PAGE_PARAMETERS, pageRequest } from "../page-parameters.ts";
import { QueryParameters } from "../query-parameters.ts";
import { jsonResponse, pageResponse } from "../respond.ts";
import type { Route } from "../route.ts";
import { IDEMPOTENCY_KEY } from "./packages.openapi.ts";

export const metadataSchemaRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/metadata-schemas",
    scope: "write",
    operation: {
      id: "registerMetadataSchema",
      tag: "metadata schemas",
      summary: "Register a JSON Schema (draft 2020-12) under a slug that never changes",
      description: "References to other documents are refused; nothing is ever fetched.",
      parameters: [IDEMPOTENCY_KEY],
      body: jsonBody({
        ...object({ slug: { type: "string" }, json_schema: { type: "object", additionalProperties: true } }),
        additionalProperties: false,
      }),
      responses: {
        "201": jsonAnswer("Registered", ref("RegisteredMetadataSchema"), { Location: "Path of the schema" }),
        "200": jsonAnswer("Registered before, the same", ref("RegisteredMetadataSchema"), {
          Location: "Path of the schema",
        }),
      },
      problems: [
        "invalid_json",
        "invalid_input",
        "invalid_schema",
        "idempotency_conflict",
        "idempotency_busy",
        "metadata_schema_conflict",
        "unsupported_media_type",
        "limit_exceeded",
      ],
    },
    handle: register,
  },
  {
    method: "GET",
    path: "/metadata-schemas",
    scope: "read",
    operation: {
      id: "listMetadataSchemas",
      tag: "metadata schemas",
      summary: "List registered schemas in order of slug",
      parameters: PAGE_PARAMETERS,
      responses: { "200": jsonAnswer("One page", pageOf(ref("ListedMetadataSchema"))) },
      problems: ["invalid_input", "limit_exceeded"],
    },
    handle: list,
  },
  {
    method: "GET",
    path: "/metadata-schemas/:slug",
    scope: "read",
    operation: {
      id: "showMetadataSchema",
      tag: "metadata schemas",
      summary: "Show a schema: the registered one, else the one that is part of the program",
      responses: { "200": jsonAnswer("The schema", ref("MetadataSchema")) },
      problems: ["metadata_schema_not_found"],
    },
    handle: show,
  },
];

async function register(exchange: Exchange): Promise<Response> {
  const body = await readJsonBody(exchange);
  const fields = new Fields(body);
  const slug = fields.requiredText("slug");
  const jsonSchema = fields.object("json_schema");
  if (jsonSchema === undefined) fields.requireMember("json_schema");
  fields.done();
  const schema = await checkSchema(slug, jsonSchema ?? {});
  return await answerOnce(exchange, body, async () => {
    const registered = await registerSchema(exchange.registry, schema);
    return {
      existed: !registered,
      location: `/metadata-schemas/${encodeURIComponent(slug)}`,
      body: { id: slug, slug, digest: schema.digest, reused_existing: !registered },
    };
  });
}

async function list({ registry, url }: Exchange): Promise<Response> {
  const query = new QueryParameters(url.searchParams);
  const page = pageRequest(query);
  query.done();
  return pageResponse(await listSchemas(registry, page));
}

async function show({ registry, params }: Exchange): Promise<Response> {
  return jsonResponse(await showSchema(registry, params["slug"] ?? ""));
}
