import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { blake3 } from "@noble/hashes/blake3.js";
import { PACKAGE, withServer } from "../support/http-server.ts";

const JSON_TYPE = { "Content-Type": "application/json" };

describe("packages over HTTP", () => {
  it("live: created, filled, sealed, read", async () => {
    await withServer(async ({ post, json, fetch }) => {
      const created = await fetch("/packages", {
        method: "POST",
        headers: JSON_TYPE,
        body: JSON.stringify({ ...PACKAGE, external_id: "run-1", provenance: { host: "h" } }),
      });
      assert.equal(created.status, 201);
      const { id } = (await created.json()) as { id: string };
      assert.equal(created.headers.get("location"), `/packages/${id}`);
      await json(201, `/packages/${id}/files/reports/r%C3%BCn.md`, { method: "PUT", body: "# report" });
      const sealed = await post(200, `/packages/${id}/finalize`, {});
      assert.equal(sealed.file_count, 1);
      const again = await json(200, `/packages/${id}/finalize`, { method: "POST" });
      assert.deepEqual(again, { ...sealed, reused_existing: true });
      const shown = await json(200, `/packages/${id}`);
      assert.equal(shown.status, "finalized");
      assert.equal(shown.manifest_digest, sealed.manifest_digest);
      assert.deepEqual(shown.provenance, { host: "h" });
      const { items } = await json(200, `/packages/${id}/files`);
      assert.equal(items[0].relative_path, "reports/rün.md");
      const events = await json(200, `/packages/${id}/events`);
      assert.deepEqual(
        events.items.map(({ event_type }: { event_type: string }) => event_type),
        ["v1.package.created", "v1.retention.default_applied", "v1.file.ingested", "v1.package.finalized"],
      );
      const retention = await json(200, `/packages/${id}/retention`);
      assert.equal(retention.retention_class, "raw-evidence");
      assert.equal(retention.history.length, 1);
    });
  });

  it("are listed in pages, filtered", async () => {
    await withServer(async ({ json, createPackage, refused }) => {
      for (const kind of ["a", "b", "a"]) await createPackage({ metadata: { kind } });
      const first = await json(200, "/packages?metadata.kind=a&limit=1");
      assert.equal(first.items.length, 1);
      const second = await json(200, `/packages?metadata.kind=a&limit=1&cursor=${first.next_cursor}`);
      assert.equal(second.items.length, 1);
      assert.equal(second.next_cursor, null);
      assert.notEqual(first.items[0].id, second.items[0].id);
      await refused("invalid_input", "/packages?nonsense=1");
      await refused("invalid_input", "/packages?limit=x");
      await refused("invalid_input", "/packages?limit=1&limit=2");
      await refused("limit_exceeded", "/packages?limit=100000");
      await refused("invalid_input", "/packages?cursor=x");
      await refused("invalid_input", "/packages?status=nonsense");
    });
  });

  it("are given up with a reason", async () => {
    await withServer(async ({ post, refused, createPackage }) => {
      const id = await createPackage();
      await refused("invalid_input", `/packages/${id}/abandon`, {
        method: "POST",
        headers: JSON_TYPE,
        body: "{}",
      });
      await post(200, `/packages/${id}/abandon`, { reason: "a mistake" });
      await refused("package_state", `/packages/${id}/files/a`, { method: "PUT", body: "a" });
      await refused("package_state", `/packages/${id}/finalize`, { method: "POST" });
      await refused("package_state", `/packages/${id}/manifest`);
    });
  });

  it("have a manifest in two forms, with its digest", async () => {
    await withServer(async ({ post, json, fetch, refused, createPackage }) => {
      const id = await createPackage();
      await refused("package_state", `/packages/${id}/manifest`);
      await refused("package_state", `/packages/${id}/finalize`, { method: "POST" });
      await json(201, `/packages/${id}/files/a`, { method: "PUT", body: "a" });
      const { manifest_digest } = await post(200, `/packages/${id}/finalize`, {});
      for (const [path, type] of [
        ["manifest", "application/cbor"],
        ["manifest.json", "application/json"],
      ]) {
        const response = await fetch(`/packages/${id}/${path}`);
        assert.equal(response.headers.get("content-type"), type);
        assert.equal(response.headers.get("etag"), `"${manifest_digest}"`);
        assert.equal(response.headers.get("artifactstore-manifest-digest"), manifest_digest);
        const bytes = new Uint8Array(await response.arrayBuffer());
        if (path === "manifest") assert.equal(hex(bytes, manifest_digest), true);
        const cached = await fetch(`/packages/${id}/${path}`, {
          headers: { "If-None-Match": `W/"x", "${manifest_digest}"` },
        });
        assert.equal(cached.status, 304);
        const head = await fetch(`/packages/${id}/${path}`, { method: "HEAD" });
        assert.equal(head.headers.get("content-length"), String(bytes.length));
      }
      function hex(bytes: Uint8Array, digest: string): boolean {
        return `blake3:${Buffer.from(blake3(bytes)).toString("hex")}` === digest;
      }
    });
  });

  it("may have metadata that satisfies a registered schema", async () => {
    await withServer(async ({ post, json, refused, createPackage }) => {
      const json_schema = { type: "object", required: ["n"], properties: { n: { type: "integer" } } };
      const registered = await post(201, "/metadata-schemas", { slug: "s.v1", json_schema });
      assert.deepEqual(await post(200, "/metadata-schemas", { slug: "s.v1", json_schema }), {
        ...registered,
        reused_existing: true,
      });
      const send = (body: unknown, path = "/metadata-schemas") =>
        [path, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) }] as const;
      await refused("metadata_schema_conflict", ...send({ slug: "s.v1", json_schema: { type: "object" } }));
      await refused(
        "invalid_schema",
        ...send({ slug: "s.v2", json_schema: { $ref: "http://127.0.0.1:1/x" } }),
      );
      await refused("invalid_schema", ...send({ slug: "s.v2", json_schema: { type: "nonsense" } }));
      await refused("invalid_input", ...send({ slug: "s.v2", json_schema: [] }));
      await refused("invalid_input", ...send({ slug: "s.v2" }));
      assert.equal((await json(200, "/metadata-schemas")).items.length, 1);
      assert.deepEqual((await json(200, "/metadata-schemas/s.v1")).json_schema, json_schema);
      await refused("metadata_schema_not_found", "/metadata-schemas/none");
      await createPackage({ metadata_schema: "s.v1", metadata: { n: 1 } });
      const wrong = await refused(
        "invalid_metadata",
        ...send({ ...PACKAGE, metadata_schema: "s.v1", metadata: { n: "x" } }, "/packages"),
      );
      assert.equal(wrong.errors[0].pointer, "/n");
      await refused(
        "metadata_schema_not_found",
        ...send({ ...PACKAGE, metadata_schema: "none" }, "/packages"),
      );
    });
  });
});

describe("bad input to packages", () => {
  const cases: readonly (readonly [
    name: string,
    code: "invalid_json" | "invalid_input" | "unsupported_media_type" | "unknown_retention_class",
    body: string,
    type?: string,
  ])[] = [
    ["no JSON", "invalid_json", "{"],
    ["an empty body", "invalid_json", ""],
    ["a duplicate key", "invalid_json", '{"name":"a","name":"b"}'],
    ["a lone surrogate", "invalid_json", '{"name":"\\ud800"}'],
    ["a NUL", "invalid_json", '{"name":"\\u0000"}'],
    ["an integer out of range", "invalid_json", '{"name":9007199254740993}'],
    ["no object", "invalid_input", "[]"],
    ["wrong types", "invalid_input", JSON.stringify({ ...PACKAGE, name: 1 })],
    ["an unknown field", "invalid_input", JSON.stringify({ ...PACKAGE, id: "x" })],
    ["a missing field", "invalid_input", JSON.stringify({ ...PACKAGE, producer: undefined })],
    ["an empty name", "invalid_input", JSON.stringify({ ...PACKAGE, name: "" })],
    ["a name that is too long", "invalid_input", JSON.stringify({ ...PACKAGE, name: "n".repeat(10_000) })],
    ["an unknown class", "unknown_retention_class", JSON.stringify({ ...PACKAGE, retention_class: "x" })],
    ["another media type", "unsupported_media_type", JSON.stringify(PACKAGE), "text/plain"],
  ];
  it("is refused, and records nothing", async () => {
    await withServer(async ({ refused, json }) => {
      for (const [, code, body, type] of cases) {
        await refused(code, "/packages", {
          method: "POST",
          headers: { "Content-Type": type ?? "application/json" },
          body,
        });
      }
      await refused("invalid_json", "/packages", {
        method: "POST",
        headers: JSON_TYPE,
        body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      });
      await refused("invalid_json", "/packages", {
        method: "POST",
        headers: JSON_TYPE,
        body: "[".repeat(200_000),
      });
      assert.equal((await json(200, "/events")).items.length, 0);
    });
  });

  it("is refused in paths and methods", async () => {
    await withServer(async ({ refused, fetch }) => {
      await refused("route_not_found", "/nothing");
      await refused("route_not_found", "/packages/");
      await refused("package_not_found", "/packages/01a207c8-eaa3-754f-be4b-95e9c6dae5b1");
      await refused("invalid_input", "/packages/not-an-id");
      await refused("invalid_input", "/packages/%2e%2e%2fhealth");
      await refused("invalid_request", "/packages/%ff");
      await refused("file_not_found", "/files/01a207c8-eaa3-754f-be4b-95e9c6dae5b1");
      await refused("limit_exceeded", `/packages?subject=${"s".repeat(9_000)}`);
      const response = await fetch("/packages", { method: "DELETE" });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get("allow"), "GET, HEAD, OPTIONS, POST");
      assert.equal(((await response.json()) as { code: string }).code, "method_not_allowed");
      const options = await fetch("/packages", { method: "OPTIONS" });
      assert.equal(options.status, 204);
      assert.equal(options.headers.get("allow"), "GET, HEAD, OPTIONS, POST");
    });
  });
});
