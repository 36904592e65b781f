import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { Upload } from "tus-js-client";
import { as, type TestServer, withServer } from "../support/http-server.ts";

const TUS = { "Tus-Resumable": "1.0.0" };
const PART = { ...TUS, "Content-Type": "application/offset+octet-stream" };

function metadata(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString("base64")}`)
    .join(",");
}

/** Answers the path of a new upload. */
async function begin(
  { fetch }: TestServer,
  packageId: string,
  size: number,
  path = "a.bin",
): Promise<string> {
  const response = await fetch(`/packages/${packageId}/uploads`, {
    method: "POST",
    headers: { ...TUS, "Upload-Length": String(size), "Upload-Metadata": metadata({ relative_path: path }) },
  });
  assert.equal(response.status, 201, await response.text());
  return response.headers.get("location") ?? "";
}

async function send(
  { fetch }: TestServer,
  upload: string,
  offset: number,
  body: Uint8Array,
  headers: Record<string, string> = {},
): Promise<Response> {
  return await fetch(upload, {
    method: "PATCH",
    headers: { ...PART, "Upload-Offset": String(offset), ...headers },
    body: body as Uint8Array<ArrayBuffer>,
  });
}

describe("resumable uploads by raw requests", () => {
  it("arrive in parts and become a file", async () => {
    await withServer(async (server) => {
      const { fetch, json, createPackage } = server;
      const id = await createPackage();
      const bytes = randomBytes(300_000);
      const upload = await begin(server, id, bytes.length);
      const first = await send(server, upload, 0, bytes.subarray(0, 100_000));
      assert.equal(first.status, 204);
      assert.equal(first.headers.get("upload-offset"), "100000");
      assert.equal(first.headers.get("tus-resumable"), "1.0.0");
      const head = await fetch(upload, { method: "HEAD", headers: TUS });
      assert.equal(head.status, 200);
      assert.equal(head.headers.get("upload-offset"), "100000");
      assert.equal(head.headers.get("upload-length"), "300000");
      assert.equal(head.headers.get("upload-metadata"), metadata({ relative_path: "a.bin" }));
      assert.equal(Date.parse(head.headers.get("upload-expires") ?? "") > Date.now(), true);
      const last = await send(server, upload, 100_000, bytes.subarray(100_000));
      const file = await json(200, `/files/${last.headers.get("artifactstore-file-id")}`);
      assert.equal(file.sha256, createHash("sha256").update(bytes).digest("hex"));
      assert.equal(file.relative_path, "a.bin");
    });
  });

  it("begin with their first part, also when it is all, also when there is nothing", async () => {
    await withServer(async ({ fetch, json, createPackage }) => {
      const id = await createPackage();
      for (const size of [0, 5]) {
        const response = await fetch(`/packages/${id}/uploads`, {
          method: "POST",
          headers: {
            ...PART,
            "Upload-Length": String(size),
            "Upload-Metadata": metadata({ relative_path: `f${size}`, media_type: "text/x-log" }),
          },
          body: "x".repeat(size),
        });
        assert.equal(response.status, 201);
        assert.equal(response.headers.get("upload-offset"), String(size));
        const file = await json(200, `/files/${response.headers.get("artifactstore-file-id")}`);
        assert.equal(file.media_type, "text/x-log");
      }
    });
  });

  it("say what they speak", async () => {
    await withServer(async ({ fetch, createPackage }) => {
      const response = await fetch(`/packages/${await createPackage()}/uploads`, {
        method: "OPTIONS",
        headers: { Authorization: "" },
      });
      assert.equal(response.status, 204);
      assert.equal(response.headers.get("tus-version"), "1.0.0");
      assert.equal(
        response.headers.get("tus-extension"),
        "creation,creation-with-upload,checksum,expiration,termination",
      );
      assert.equal(response.headers.get("tus-checksum-algorithm"), "sha1,sha256");
    });
  });

  it("have checksums for their parts", async () => {
    await withServer(async (server) => {
      const bytes = randomBytes(1000);
      const upload = await begin(server, await server.createPackage(), 2000);
      const checksum = (algorithm: string, of: Uint8Array) => ({
        "Upload-Checksum": `${algorithm} ${createHash(algorithm).update(of).digest("base64")}`,
      });
      const wrong = await send(server, upload, 0, bytes, checksum("sha1", randomBytes(5)));
      assert.equal(wrong.status, 460);
      assert.equal(((await wrong.json()) as { code: string }).code, "checksum_mismatch");
      assert.equal((await send(server, upload, 0, bytes, checksum("sha1", bytes))).status, 204);
      assert.equal((await send(server, upload, 1000, bytes, checksum("sha256", bytes))).status, 204);
      assert.equal((await send(server, upload, 0, bytes, { "Upload-Checksum": "md5 AAAA" })).status, 400);
    });
  });

  it("are refused with what is wrong", async () => {
    await withServer(
      async (server) => {
        const { refused, createPackage, fetch } = server;
        const id = await createPackage();
        const path = `/packages/${id}/uploads`;
        const said = { "Upload-Length": "10", "Upload-Metadata": metadata({ relative_path: "a" }) };
        const post = (headers: Record<string, string>) => ({ method: "POST", headers });
        await refused("precondition_failed", path, post(said));
        await refused("precondition_failed", path, post({ ...said, "Tus-Resumable": "0.2.2" }));
        await refused("invalid_input", path, post({ ...said, ...TUS, "Upload-Metadata": "" }));
        await refused("invalid_request", path, post({ ...said, ...TUS, "Upload-Metadata": "a b c" }));
        await refused("invalid_request", path, post({ ...said, ...TUS, "Upload-Length": "-1" }));
        await refused(
          "invalid_path",
          path,
          post({ ...said, ...TUS, "Upload-Metadata": metadata({ relative_path: "../a" }) }),
        );
        await refused("limit_exceeded", path, post({ ...said, ...TUS, "Upload-Length": "20000" }));
        await refused("unauthenticated", path, post({ ...said, ...TUS, Authorization: "" }));
        const upload = await begin(server, id, 10);
        const patch = (headers: Record<string, string>, body = "x") => ({ method: "PATCH", headers, body });
        await refused(
          "unsupported_media_type",
          upload,
          patch({ ...TUS, "Upload-Offset": "0", "Content-Type": "text/plain" }),
        );
        await refused("upload_offset_conflict", upload, patch({ ...PART, "Upload-Offset": "5" }));
        await refused("invalid_request", upload, patch(PART));
        await refused("limit_exceeded", upload, patch({ ...PART, "Upload-Offset": "0" }, "x".repeat(11)));
        const other = await createPackage();
        await refused(
          "upload_not_found",
          upload.replace(id, other),
          patch({ ...PART, "Upload-Offset": "0" }),
        );
        await refused("package_not_found", upload, {
          ...patch({ ...PART, "Upload-Offset": "0" }),
          headers: { ...PART, ...as("other"), "Upload-Offset": "0" },
        });
        assert.equal((await fetch(upload, { method: "DELETE", headers: TUS })).status, 204);
        await refused("upload_not_found", upload, patch({ ...PART, "Upload-Offset": "0" }));
      },
      { limits: { fileMaxBytes: 10_000 } },
    );
  });
});

describe("resumable uploads by tus-js-client", () => {
  it("go on after an abort", async () => {
    await withServer(async (server) => {
      const { url, json, createPackage } = server;
      const id = await createPackage();
      const bytes = randomBytes(5_000_000);
      const upload = await new Promise<string | null>((resolve, reject) => {
        const options = {
          endpoint: `${url}/packages/${id}/uploads`,
          headers: { Authorization: "Bearer secret-all" },
          metadata: { relative_path: "big.bin" },
          chunkSize: 1_000_000,
          retryDelays: [10, 50, 100],
          onError: reject,
        };
        const first: Upload = new Upload(bytes as unknown as Blob, {
          ...options,
          onChunkComplete: (_, accepted) => {
            if (accepted < 2_000_000) return;
            void first.abort().then(() => resolve(first.url));
          },
          onSuccess: () => reject(new Error("it was not aborted")),
        });
        first.start();
      });
      assert.notEqual(upload, null);
      const head = await server.fetch(new URL(upload ?? "").pathname, { method: "HEAD", headers: TUS });
      const offset = Number(head.headers.get("upload-offset"));
      assert.equal(offset >= 2_000_000 && offset < bytes.length, true);
      await new Promise<void>((resolve, reject) => {
        new Upload(bytes as unknown as Blob, {
          uploadUrl: upload,
          headers: { Authorization: "Bearer secret-all" },
          chunkSize: 1_000_000,
          onError: reject,
          onSuccess: () => resolve(),
        }).start();
      });
      const { items } = await json(200, `/packages/${id}/files`);
      assert.equal(items[0].sha256, createHash("sha256").update(bytes).digest("hex"));
    });
  });
});

describe("requests with an idempotency key", () => {
  it("are done once, and refused with other content", async () => {
    await withServer(async ({ post, refused, json }) => {
      const body = { name: "n", producer: "tests", subject: "s", retention_class: "transient" };
      const key = { "Idempotency-Key": "key-1" };
      const first = await post(201, "/packages", body, key);
      assert.deepEqual(await post(201, "/packages", body, key), first);
      const other = {
        method: "POST",
        headers: { ...key, "Content-Type": "application/json" },
        body: JSON.stringify({ ...body, name: "m" }),
      };
      await refused("idempotency_conflict", "/packages", other);
      await refused("invalid_input", "/packages", {
        ...other,
        headers: { ...other.headers, "Idempotency-Key": "k".repeat(300) },
      });
      assert.equal((await json(200, "/packages")).items.length, 1);
    });
  });
});
