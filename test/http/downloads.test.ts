import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { as, withServer } from "../support/http-server.ts";

function put(body: string | Uint8Array, headers: Record<string, string> = {}): RequestInit {
  return { method: "PUT", body: body as Uint8Array<ArrayBuffer> | string, headers };
}

function sha256(bytes: string | Uint8Array): { readonly hex: string; readonly base64: string } {
  const digest = createHash("sha256").update(bytes).digest();
  return { hex: digest.toString("hex"), base64: digest.toString("base64") };
}

describe("downloads", () => {
  it("answer the whole, ranges, conditions and heads", async () => {
    await withServer(async ({ json, fetch, refused, createPackage }) => {
      const id = await createPackage();
      const bytes = randomBytes(3_000_000);
      const { id: file, content_address } = await json(
        201,
        `/packages/${id}/files/d/r%C3%BCn%20%22x%22.html`,
        put(bytes),
      );
      const path = `/files/${file}/download`;
      await refused("package_state", path);
      await json(200, `/packages/${id}/finalize`, { method: "POST" });
      const etag = `"${content_address}"`;
      const whole = await fetch(path);
      assert.equal(whole.status, 200);
      assert.equal(whole.headers.get("etag"), etag);
      assert.equal(whole.headers.get("repr-digest"), `sha-256=:${sha256(bytes).base64}:`);
      assert.equal(whole.headers.get("content-type"), "text/html");
      assert.equal(whole.headers.get("x-content-type-options"), "nosniff");
      assert.match(whole.headers.get("content-security-policy") ?? "", /sandbox/);
      assert.equal(
        whole.headers.get("content-disposition"),
        "attachment; filename=\"r_n _x_.html\"; filename*=UTF-8''r%C3%BCn%20%22x%22.html",
      );
      assert.equal(Buffer.from(await whole.arrayBuffer()).equals(bytes), true);
      const head = await fetch(path, { method: "HEAD" });
      assert.equal(head.headers.get("content-length"), "3000000");
      assert.equal(head.headers.get("etag"), etag);
      const part = async (range: string, headers: Record<string, string> = {}) => {
        const response = await fetch(path, { headers: { Range: range, ...headers } });
        return [
          response.status,
          response.headers.get("content-range"),
          Buffer.from(await response.arrayBuffer()),
        ] as const;
      };
      for (const [range, from, to] of [
        ["bytes=0-0", 0, 1],
        ["bytes=10-2000009", 10, 2_000_010],
        ["bytes=2999999-", 2_999_999, 3_000_000],
        ["bytes=-5", 2_999_995, 3_000_000],
        ["bytes=-9999999", 0, 3_000_000],
        ["bytes=5-99999999", 5, 3_000_000],
      ] as const) {
        const [status, contentRange, got] = await part(range);
        assert.equal(status, 206, range);
        assert.equal(contentRange, `bytes ${from}-${to - 1}/3000000`);
        assert.equal(got.equals(bytes.subarray(from, to)), true);
      }
      assert.equal((await part("bytes=0-4", { "If-Range": etag }))[0], 206);
      assert.equal((await part("bytes=0-4", { "If-Range": '"blake3:other"' }))[0], 200);
      for (const range of ["bytes=5-4", "bytes=0-1,3-4", "lines=0-1", "bytes=x-", "bytes=-"]) {
        assert.equal((await part(range))[0], 200, range);
      }
      for (const range of ["bytes=3000000-", "bytes=-0"]) {
        const response = await fetch(path, { headers: { Range: range } });
        assert.equal(response.status, 416);
        assert.equal(response.headers.get("content-range"), "bytes */3000000");
        await response.body?.cancel();
      }
      assert.equal((await fetch(path, { headers: { "If-None-Match": etag } })).status, 304);
      assert.equal((await fetch(path, { headers: { "If-None-Match": "*" } })).status, 304);
      await refused("precondition_failed", path, { headers: { "If-Match": '"other"' } });
      assert.equal((await json(200, `/files/${file}`)).package_status, "finalized");
    });
  });

  it("answer a file that is empty", async () => {
    await withServer(async ({ json, fetch, createPackage }) => {
      const id = await createPackage();
      const { id: file } = await json(201, `/packages/${id}/files/empty`, put(""));
      await json(200, `/packages/${id}/finalize`, { method: "POST" });
      const response = await fetch(`/files/${file}/download`);
      assert.equal(response.status, 200);
      assert.equal((await response.arrayBuffer()).byteLength, 0);
      const head = await fetch(`/files/${file}/download`, { method: "HEAD" });
      assert.equal(head.headers.get("content-length"), "0");
    });
  });
});

describe("contents that need not be sent", () => {
  it("are referred to, where the token may read them", async () => {
    await withServer(async ({ json, post, refused, createPackage }) => {
      const source = await createPackage({ producer: "others" });
      const { content_address } = await json(201, `/packages/${source}/files/a`, put("content"));
      const absent = `blake3:${"0".repeat(64)}`;
      const target = await createPackage();
      const ask = { content_addresses: [content_address, absent, absent] };
      assert.deepEqual(await post(200, `/packages/${target}/missing`, ask), { missing: [absent] });
      // Somebody else's bytes, and a token that may not read: all are to be sent.
      for (const actor of ["limited", "writer"]) {
        assert.deepEqual(await post(200, `/packages/${target}/missing`, ask, as(actor)), {
          missing: [content_address, absent],
        });
      }
      const refer = (files: unknown, headers: Record<string, string> = {}) => ({
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: JSON.stringify({ files }),
      });
      const path = `/packages/${target}/references`;
      const file = { relative_path: "b.txt", content_address };
      await refused("blob_not_found", path, refer([file], as("limited")));
      await refused("forbidden", path, refer([file], as("writer")));
      await refused(
        "blob_not_found",
        path,
        refer([file, { ...file, relative_path: "c", content_address: absent }]),
      );
      await refused("invalid_input", path, refer([{ relative_path: 1 }]));
      await refused("invalid_input", path, refer("x"));
      await refused("invalid_path", path, refer([{ ...file, relative_path: "../x" }]));
      const { items } = await post(200, path, { files: [file] });
      assert.equal(items[0].sha256, sha256("content").hex);
      assert.equal(items[0].media_type, "text/plain");
      await json(200, `/packages/${target}/finalize`, { method: "POST" });
    });
  });
});
