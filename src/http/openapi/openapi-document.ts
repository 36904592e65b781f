import type { JsonObject, JsonValue } from "../../core/cbor-value.ts";
import { ERRORS, type ErrorCode } from "../../core/errors.ts";
import { PROBLEM_MEDIA_TYPE } from "../problem.ts";
import { RESOURCES } from "../resources.ts";
import type { Route } from "../route.ts";
import type { Answer, Parameter } from "./operation.ts";
import { SCHEMAS } from "./schemas.ts";

/** What every route may answer; what needs a token, the next two as well. */
const COMMON_PROBLEMS: readonly ErrorCode[] = [
  "invalid_request",
  "limit_exceeded",
  "internal",
  "database_unavailable",
  "database_busy",
];
const TOKEN_PROBLEMS: readonly ErrorCode[] = ["unauthenticated", "forbidden"];

const TAGS: Readonly<Record<string, string>> = {
  service: "The server itself",
  packages: "What producers hand over: a set of files under one description",
  files: "Files of packages, and their bytes",
  uploads: "Files that are sent in parts, and go on after a broken connection (tus 1.0)",
  manifests: "The sealed lists of packages' files",
  retention: "How long packages are kept, and why",
  "metadata schemas": "JSON Schemas that metadata satisfies",
  events: "The log of all that happened",
};

/** The API as OpenAPI 3.1, made of the table of routes. */
export function openApiDocument(version: string): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const route of Object.values(RESOURCES).flat()) {
    const path = templateOf(route.path);
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = describeRoute(route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "artifactstore",
      version,
      description:
        "A registry and storage gateway for generated evidence. Failures are problem documents (RFC 9457) with a `code`.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "A token of the server's configuration" },
      },
    },
  };
}

/** `/packages/{package_id}/files/{path}`. */
export function templateOf(path: string): string {
  return path.replace(/:([a-z_]+)/g, "{$1}").replace(/\*$/, "{path}");
}

function describeRoute({ path, scope, operation }: Route): JsonObject {
  const names = [...templateOf(path).matchAll(/\{([a-z_]+)\}/g)].map(([, name = ""]) => name);
  const parameters: JsonObject[] = [
    ...names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    ...(operation.parameters ?? []).map(describeParameter),
  ];
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(operation.body === undefined
      ? {}
      : {
          requestBody: {
            required: operation.body.required ?? true,
            content: mediaTypes(operation.body.content),
          },
        }),
    responses: {
      ...describeAnswers(operation.responses),
      ...describeProblems(scope, operation.problems ?? []),
    },
    ...(scope === "open" ? { security: [] } : { security: [{ token: [] }], "x-scope": scope }),
  };
}

function describeParameter({ name, in: place, description, schema, required }: Parameter): JsonObject {
  return { name, in: place, description, schema, ...(required === undefined ? {} : { required }) };
}

function describeAnswers(answers: Readonly<Record<string, Answer>>): Record<string, JsonObject> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, content, headers }]) => [
      status,
      {
        description,
        ...(content === undefined ? {} : { content: mediaTypes(content) }),
        ...(headers === undefined
          ? {}
          : {
              headers: Object.fromEntries(
                Object.entries(headers).map(([name, says]) => [
                  name,
                  { description: says, schema: { type: "string" } },
                ]),
              ),
            }),
      },
    ]),
  );
}

/** One answer for each status, which names the codes that come with it. */
function describeProblems(scope: string, codes: readonly ErrorCode[]): Record<string, JsonObject> {
  const all = new Set([...codes, ...COMMON_PROBLEMS, ...(scope === "open" ? [] : TOKEN_PROBLEMS)]);
  const byStatus = Map.groupBy(all, (code) => ERRORS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]): [string, JsonObject] => [
      String(status),
      {
        description: ofStatus.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join("; "),
        content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    ]),
  );
}

function mediaTypes(content: Readonly<Record<string, JsonObject>>): JsonObject {
  return Object.fromEntries(
    Object.entries(content).map(([type, schema]): [string, JsonValue] => [type, { schema }]),
  );
}
