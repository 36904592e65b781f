import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ERRORS } from "../../src/core/errors.ts";
import { documentationPage } from "../../src/http/openapi/documentation-page.ts";
import { openApiDocument, templateOf } from "../../src/http/openapi/openapi-document.ts";
import { RESOURCES } from "../../src/http/resources.ts";
import { compileSchema } from "../../src/schema/compile-schema.ts";
import { type TestServer, withServer } from "../support/http-server.ts";

const ROUTES = Object.values(RESOURCES).flat();
// biome-ignore lint/suspicious/noExplicitAny: an OpenAPI document has every shape
const DOCUMENT = openApiDocument("0.0.0") as any;

/** Whether a value is what a schema of the document says, references and all. */
function fits(schema: unknown, value: unknown): boolean {
  const whole = JSON.parse(
    JSON.stringify({ allOf: [schema], $defs: DOCUMENT.components.schemas }).replaceAll(
      "#/components/schemas/",
      "#/$defs/",
    ),
  );
  return compileSchema("openapi", whole)(value as never).length === 0;
}

describe("the OpenAPI document", () => {
  it("has every route and nothing else", () => {
    const described = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
    );
    assert.deepEqual(
      described.sort(),
      ROUTES.map(({ method, path }) => `${method} ${templateOf(path)}`).sort(),
    );
  });

  it("names each operation once, and its tags, codes and schemas are there", () => {
    const ids = ROUTES.map(({ operation }) => operation.id);
    assert.equal(new Set(ids).size, ids.length);
    const tags = new Set(DOCUMENT.tags.map(({ name }: { name: string }) => name));
    for (const { operation } of ROUTES) {
      assert.equal(tags.has(operation.tag), true, operation.tag);
      for (const code of operation.problems ?? []) assert.equal(code in ERRORS, true, code);
      assert.equal(Object.keys(operation.responses).length > 0, true);
    }
    for (const [, name = ""] of JSON.stringify(DOCUMENT).matchAll(/#\/components\/schemas\/(\w+)/g)) {
      assert.equal(name in DOCUMENT.components.schemas, true, name);
    }
  });

  it("is served, and so is a page that fetches nothing", async () => {
    await withServer(async ({ fetch, json }) => {
      const open = { headers: { Authorization: "" } };
      assert.equal((await json(200, "/openapi.json", open)).openapi, "3.1.0");
      const page = await fetch("/docs", open);
      assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
      const html = await page.text();
      assert.doesNotMatch(html, /<script|<link|<img|src=|https?:\/\//);
      for (const { operation } of ROUTES)
        assert.equal(html.includes(`id="${operation.id}"`), true, operation.id);
      assert.equal(html, documentationPage("0.0.0-test"));
    });
  });

  it("says what the answers are", async () => {
    await withServer(async (server) => {
      const id = await server.createPackage({ external_id: "e" });
      const file = await server.json(201, `/packages/${id}/files/a.txt`, { method: "PUT", body: "a" });
      await server.post(201, "/metadata-schemas", { slug: "s.v1", json_schema: { type: "object" } });
      await answersAsSaid(server, "POST", "/packages/{package_id}/finalize", `/packages/${id}/finalize`);
      for (const [template, path] of [
        ["/", "/"],
        ["/health", "/health"],
        ["/health/live", "/health/live"],
        ["/health/ready", "/health/ready"],
        ["/packages", "/packages"],
        ["/packages/{package_id}", `/packages/${id}`],
        ["/packages/{package_id}/files", `/packages/${id}/files`],
        ["/packages/{package_id}/events", `/packages/${id}/events`],
        ["/packages/{package_id}/retention", `/packages/${id}/retention`],
        ["/packages/{package_id}/manifest.json", `/packages/${id}/manifest.json`],
        ["/files/{file_id}", `/files/${file.id}`],
        ["/metadata-schemas", "/metadata-schemas"],
        ["/metadata-schemas/{slug}", "/metadata-schemas/s.v1"],
        ["/retention-classes", "/retention-classes"],
        ["/events", "/events"],
      ] as const) {
        await answersAsSaid(server, "GET", template, path);
      }
      assert.equal(fits({ $ref: "#/components/schemas/AddedFile" }, file), true);
    });
  });
});

async function answersAsSaid(
  { fetch }: TestServer,
  method: string,
  template: string,
  path: string,
): Promise<void> {
  const response = await fetch(path, { method });
  const answer = DOCUMENT.paths[template][method.toLowerCase()].responses[response.status];
  assert.notEqual(answer, undefined, `${path}: ${response.status}`);
  const value = await response.json();
  assert.equal(
    fits(answer.content["application/json"].schema, value),
    true,
    `${template}: ${JSON.stringify(value)}`,
  );
}

describe("requests of any kind", () => {
  it("are never answered with a failure of the server", async () => {
    await withServer(async (server) => {
      const known = await server.createPackage();
      const text = fc.oneof(
        fc.constantFrom(known, "s.v1", "%2e%2e", "a%00", "%ff", "-1", "9e999", "null", ""),
        fc.string({ maxLength: 20 }).map((s) => encodeURIComponent(s.toWellFormed())),
      );
      const path = fc
        .tuple(fc.constantFrom(...ROUTES), fc.array(text, { minLength: 4, maxLength: 4 }))
        .map(([route, parts]) => {
          let next = 0;
          return { route, path: route.path.replace(/:\w+|\*/g, () => parts[next++] || "x"), rest: parts };
        });
      const header = fc.constantFrom(
        ["Content-Type", "application/json"],
        ["Content-Type", "multipart/form-data; boundary=x"],
        ["Content-Type", "application/x-tar"],
        ["Content-Type", "application/offset+octet-stream"],
        ["Tus-Resumable", "1.0.0"],
        ["Upload-Length", "3"],
        ["Upload-Offset", "0"],
        ["Upload-Metadata", "relative_path YQ=="],
        ["Upload-Checksum", "sha1 AAAA"],
        ["Range", "bytes=1-"],
        ["If-None-Match", "*"],
        ["Idempotency-Key", "k"],
        ["Repr-Digest", "sha-256=:x:"],
        ["Last-Event-ID", "x"],
      );
      const body = fc.oneof(
        fc.string({ maxLength: 60 }),
        fc.json({ maxDepth: 2 }),
        fc
          .record({
            name: fc.anything(),
            files: fc.anything(),
            content_addresses: fc.anything(),
            reason: fc.string(),
          })
          .map((value) => {
            try {
              return JSON.stringify(value);
            } catch {
              return "{}";
            }
          }),
      );
      const request = fc.record({
        target: path,
        query: fc.option(
          fc.tuple(fc.constantFrom("limit", "cursor", "since", "subject", "metadata.k", "status", "x"), text),
        ),
        headers: fc.array(header, { maxLength: 4 }),
        body,
      });
      await fc.assert(
        fc.asyncProperty(request, async ({ target, query, headers, body }) => {
          const { method } = target.route;
          const search = query === null ? "" : `?${query[0]}=${query[1]}`;
          const response = await server.fetch(`${target.path}${search}`, {
            method,
            headers: Object.fromEntries(headers as [string, string][]),
            ...(method === "GET" || method === "HEAD" ? {} : { body }),
          });
          const said = response.status < 400 ? "" : await response.text();
          if (said === "") await response.body?.cancel();
          assert.equal(
            response.status < 500,
            true,
            `${method} ${target.path}${search}: ${said}\n${server.log.slice(-2).join("")}`,
          );
        }),
        { numRuns: 400 },
      );
    });
  });
});
