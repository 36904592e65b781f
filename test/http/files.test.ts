import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { type TestServer, withServer } from "../support/http-server.ts";

function put(body: string | Uint8Array, headers: Record<string, string> = {}): RequestInit {
  return { method: "PUT", body: body as Uint8Array<ArrayBuffer> | string, headers };
}

function sha256(bytes: string | Uint8Array): { readonly hex: string; readonly base64: string } {
  const digest = createHash("sha256").update(bytes).digest();
  return { hex: digest.toString("hex"), base64: digest.toString("base64") };
}

async function pathsOf({ json }: TestServer, id: string): Promise<string[]> {
  const { items } = await json(200, `/packages/${id}/files`);
  return items.map(({ relative_path }: { relative_path: string }) => relative_path);
}

describe("files by their bytes", () => {
  it("are stored with both digests, once", async () => {
    await withServer(async ({ json, fetch, createPackage }) => {
      const id = await createPackage();
      const big = randomBytes(3_000_000);
      for (const bytes of [new Uint8Array(0), new TextEncoder().encode("small"), big]) {
        const added = await json(201, `/packages/${id}/files/f${bytes.length}.json`, put(bytes));
        assert.equal(added.sha256, sha256(bytes).hex);
        assert.equal(added.size_bytes, bytes.length);
        assert.equal(added.media_type, "application/json");
        const again = await json(200, `/packages/${id}/files/f${bytes.length}.json`, put(bytes));
        assert.deepEqual(again, { ...added, reused_existing: true });
      }
      const typed = await json(
        201,
        `/packages/${id}/files/x.json`,
        put("{}", { "Content-Type": "Text/X-Log; charset=utf-8" }),
      );
      assert.equal(typed.media_type, "text/x-log");
      const response = await fetch(`/packages/${id}/files/y`, put("y"));
      assert.match(response.headers.get("location") ?? "", /^\/files\/[0-9a-f-]{36}$/);
      await response.body?.cancel();
    });
  });

  it("are compared with what the sender says of them", async () => {
    await withServer(async (server) => {
      const { json, refused, createPackage } = server;
      const id = await createPackage();
      const { base64 } = sha256("bytes");
      const wrong = sha256("others").base64;
      const { content_address } = await json(
        201,
        `/packages/${id}/files/a`,
        put("bytes", {
          "Content-Digest": `md5=:AAAA:, sha-256=:${base64}:`,
          "Repr-Digest": `sha-256=:${base64}:`,
        }),
      );
      await json(
        201,
        `/packages/${id}/files/b`,
        put("bytes", { "Artifactstore-Content-Address": content_address }),
      );
      await json(201, `/packages/${id}/files/c`, put("bytes", { "Repr-Digest": "sha-512=:AAAA:" }));
      const path = `/packages/${id}/files/d`;
      await refused("digest_mismatch", path, put("bytes", { "Repr-Digest": `sha-256=:${wrong}:` }));
      await refused("digest_mismatch", path, put("bytes", { "Content-Digest": `sha-256=:${wrong}:` }));
      await refused(
        "digest_mismatch",
        path,
        put("bytes", { "Artifactstore-Content-Address": `blake3:${"0".repeat(64)}` }),
      );
      await refused(
        "digest_mismatch",
        path,
        put("bytes", { "Repr-Digest": `sha-256=:${wrong}:`, "Content-Digest": `sha-256=:${base64}:` }),
      );
      await refused("invalid_request", path, put("bytes", { "Repr-Digest": "sha-256=nonsense" }));
      await refused("invalid_input", path, put("bytes", { "Artifactstore-Content-Address": "sha256:abc" }));
      await refused("unsupported_media_type", path, put("bytes", { "Content-Encoding": "gzip" }));
      await refused("invalid_request", path, put("bytes", { "Content-Range": "bytes 0-4/10" }));
      assert.deepEqual(await pathsOf(server, id), ["a", "b", "c"]);
    });
  });

  it("have paths that keep the rules", async () => {
    await withServer(async (server) => {
      const { json, refused, createPackage } = server;
      const id = await createPackage();
      for (const path of [
        "a%2Fb",
        "a%2F..%2Fb",
        "%2Fetc",
        "a%5Cb",
        "a%00",
        "a%0A",
        "a//b",
        "a/",
        `${"d/".repeat(600)}f`,
        "%7F",
      ]) {
        await refused("invalid_path", `/packages/${id}/files/${path}`, put("x"));
      }
      await refused("invalid_request", `/packages/${id}/files/a%ff`, put("x"));
      await json(201, `/packages/${id}/files/dir/a%3Fb%23c`, put("x"));
      await refused("path_conflict", `/packages/${id}/files/dir`, put("x"));
      await refused("path_conflict", `/packages/${id}/files/dir/a%3Fb%23c`, put("y"));
      await refused("path_conflict", `/packages/${id}/files/dir/a%3Fb%23c/d`, put("y"));
      assert.deepEqual(await pathsOf(server, id), ["dir/a?b#c"]);
    });
  });

  it("have a size within the limit, declared or not", async () => {
    await withServer(
      async (server) => {
        const { refused, json, createPackage } = server;
        const id = await createPackage();
        await json(201, `/packages/${id}/files/fits`, put(new Uint8Array(200_000)));
        await refused("limit_exceeded", `/packages/${id}/files/big`, put(new Uint8Array(200_001)));
        const endless = new ReadableStream({
          // Client and server share one event loop, which has to come round.
          async pull(controller) {
            await new Promise((wake) => setTimeout(wake, 0));
            controller.enqueue(new Uint8Array(65_536));
          },
        });
        const sent = new AbortController();
        const init = { method: "PUT", body: endless, duplex: "half", signal: sent.signal } as RequestInit;
        await refused("limit_exceeded", `/packages/${id}/files/endless`, init);
        sent.abort();
        assert.deepEqual(await pathsOf(server, id), ["fits"]);
      },
      { limits: { fileMaxBytes: 200_000 } },
    );
  });

  it("leave nothing when they break off", async () => {
    await withServer(async (server) => {
      const { url, createPackage, json, log } = server;
      const id = await createPackage();
      for (const size of [10, 1_000_000]) {
        await cutUpload(url, `/packages/${id}/files/cut`, size);
      }
      const cuts = () => log.filter((line) => line.includes('"PUT"') && line.includes("/files/*")).length;
      while (cuts() < 2) await new Promise((wake) => setTimeout(wake, 5));
      assert.deepEqual(await pathsOf(server, id), []);
      await json(201, `/packages/${id}/files/cut`, put("whole"));
    });
  });

  it("may not pause for ever", async () => {
    await withServer(
      async ({ refused, createPackage, json }) => {
        const id = await createPackage();
        const stalled = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(10)) });
        const init = { method: "PUT", body: stalled, duplex: "half" } as RequestInit;
        await refused("request_timeout", `/packages/${id}/files/slow`, init);
        await json(201, `/packages/${id}/files/quick`, put("x"));
      },
      { limits: { bodyTimeoutMs: 150 } },
    );
  });

  it("are taken only so many at once", async () => {
    await withServer(
      async ({ refused, json, fetch, createPackage }) => {
        const id = await createPackage();
        let finish: (() => void) | undefined;
        const open = new ReadableStream({
          start(controller) {
            controller.enqueue(new Uint8Array(10));
            finish = () => controller.close();
          },
        });
        const first = fetch(`/packages/${id}/files/first`, {
          method: "PUT",
          body: open,
          duplex: "half",
        } as RequestInit);
        while (!(await metricsSay("artifactstore_uploads_running 1")))
          await new Promise((wake) => setTimeout(wake, 5));
        await refused("too_many_requests", `/packages/${id}/files/second`, put("x"));
        finish?.();
        assert.equal((await first).status, 201);
        await json(201, `/packages/${id}/files/second`, put("x"));
        async function metricsSay(line: string): Promise<boolean> {
          return (await (await fetch("/metrics")).text()).includes(line);
        }
      },
      { limits: { concurrentUploads: 1 } },
    );
  });

  it("are refused for a package that is sealed", async () => {
    await withServer(async ({ json, refused, createPackage }) => {
      const id = await createPackage();
      await json(201, `/packages/${id}/files/a`, put("a"));
      await json(200, `/packages/${id}/finalize`, { method: "POST" });
      await refused("package_state", `/packages/${id}/files/b`, put("b"));
    });
  });
});

/** Declares more than it sends, and goes. */
function cutUpload(url: string, path: string, size: number): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `PUT ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret-all\r\nContent-Length: ${size + 10}\r\n\r\n`,
      );
      socket.write(new Uint8Array(size), () => socket.destroy());
    });
    socket.on("close", () => resolve());
    socket.on("error", reject);
  });
}
