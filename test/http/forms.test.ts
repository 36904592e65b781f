import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { type TestServer, withServer } from "../support/http-server.ts";

async function pathsOf({ json }: TestServer, id: string): Promise<string[]> {
  const { items } = await json(200, `/packages/${id}/files`);
  return items.map(({ relative_path }: { relative_path: string }) => relative_path);
}

describe("files by form", () => {
  const form = (fields: readonly (readonly [string, string | Blob])[]) => {
    const data = new FormData();
    for (const [name, value] of fields) data.append(name, value);
    return { method: "POST", body: data };
  };

  it("have their fields before or after the file", async () => {
    await withServer(async ({ json, createPackage }) => {
      const id = await createPackage();
      const file = new Blob([randomBytes(300_000)]);
      const before = await json(
        201,
        `/packages/${id}/files`,
        form([
          ["relative_path", "a.txt"],
          ["file", file],
        ]),
      );
      assert.equal(before.media_type, "text/plain");
      const after = await json(
        201,
        `/packages/${id}/files`,
        form([
          ["file", file],
          ["media_type", "text/x-log"],
          ["relative_path", "b.txt"],
        ]),
      );
      assert.equal(after.media_type, "text/x-log");
      assert.equal(after.content_address, before.content_address);
      await json(
        201,
        `/packages/${id}/files`,
        form([
          ["file", new Blob([])],
          ["relative_path", "empty"],
        ]),
      );
    });
  });

  it("are refused with what is wrong", async () => {
    await withServer(
      async (server) => {
        const { refused, createPackage } = server;
        const id = await createPackage();
        const path = `/packages/${id}/files`;
        const file = new Blob(["x"]);
        await refused("invalid_input", path, form([["file", file]]));
        await refused(
          "invalid_input",
          path,
          form([
            ["file", file],
            ["relative_path", "a"],
            ["nonsense", "x"],
          ]),
        );
        await refused(
          "invalid_path",
          path,
          form([
            ["file", file],
            ["relative_path", "../a"],
          ]),
        );
        await refused(
          "invalid_input",
          path,
          form([
            ["file", file],
            ["relative_path", "a"],
            ["media_type", "nonsense"],
          ]),
        );
        await refused("invalid_request", path, form([["relative_path", "a"]]));
        await refused(
          "invalid_request",
          path,
          form([
            ["file", file],
            ["file", file],
            ["relative_path", "a"],
          ]),
        );
        await refused(
          "invalid_request",
          path,
          form([
            ["other", file],
            ["relative_path", "a"],
          ]),
        );
        await refused(
          "invalid_request",
          path,
          form([
            ["relative_path", "a"],
            ["relative_path", "b"],
            ["file", file],
          ]),
        );
        await refused(
          "limit_exceeded",
          path,
          form([
            ["relative_path", "a".repeat(100_000)],
            ["file", file],
          ]),
        );
        await refused(
          "limit_exceeded",
          path,
          form([
            ["relative_path", "a"],
            ["file", new Blob([new Uint8Array(200_001)])],
          ]),
        );
        await refused("unsupported_media_type", path, { method: "POST", body: "x" });
        const typed = (type: string, body: string) =>
          refused("invalid_request", path, { method: "POST", headers: { "Content-Type": type }, body });
        await typed("multipart/form-data", "x");
        await typed("multipart/form-data; boundary=b", "");
        await typed(
          "multipart/form-data; boundary=b",
          '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabc',
        );
        assert.deepEqual(await pathsOf(server, id), []);
      },
      { limits: { fileMaxBytes: 200_000 } },
    );
  });
});
