import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { ErrorCode } from "../../src/core/errors.ts";
import { formatPaxRecords } from "../../src/core/pax-records.ts";
import { formatTarHeader, tarPadding } from "../../src/core/tar-header.ts";
import { type TestServer, withServer } from "../support/http-server.ts";
import { writeFiles } from "../support/open-registry.ts";

const TAR = { "Content-Type": "application/x-tar" };
const END = new Uint8Array(1024);

function entry(name: string, data: string | Uint8Array = "", type = "0", sizeBytes?: number): Uint8Array {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const header = formatTarHeader({ name, sizeBytes: sizeBytes ?? bytes.length, type });
  return Buffer.concat([header, bytes, new Uint8Array(tarPadding(bytes.length))]);
}

function pax(records: Readonly<Record<string, string>>, type = "x"): Uint8Array {
  return entry("pax", formatPaxRecords(new Map(Object.entries(records))), type);
}

function archive(...parts: readonly Uint8Array[]): RequestInit {
  return { method: "POST", headers: TAR, body: Buffer.concat([...parts, END]) };
}

async function pathsOf({ json }: TestServer, id: string): Promise<string[]> {
  const { items } = await json(200, `/packages/${id}/files?limit=1000`);
  return items.map(({ relative_path }: { relative_path: string }) => relative_path);
}

describe("archives that come in", () => {
  for (const format of ["gnu", "pax", "ustar"]) {
    it(`are taken as tar writes them: ${format}`, async () => {
      await withServer(async (server) => {
        const { directory, json, createPackage } = server;
        const source = join(directory, "source");
        const long = `${"d".repeat(90)}/${"e".repeat(90)}`;
        const files: Record<string, string | Uint8Array> = {
          "a.txt": "a",
          "sub/b": randomBytes(200_000),
          "sub/empty": "",
        };
        files[`${long}/f.txt`] = "long";
        if (format !== "ustar") files["sub/rün"] = "not ASCII";
        writeFiles(source, files);
        mkdirSync(join(source, "empty-directory"));
        const made = spawnSync("tar", ["-C", source, `--format=${format}`, "-cf", "-", "."], {
          maxBuffer: 2 ** 26,
        });
        assert.equal(made.status, 0, String(made.stderr));
        const id = await createPackage();
        const sent = { method: "POST", headers: TAR, body: new Uint8Array(made.stdout) };
        const added = await json(200, `/packages/${id}/archive`, sent);
        assert.equal(added.file_count, Object.keys(files).length);
        assert.deepEqual(await pathsOf(server, id), Object.keys(files).sort());
        assert.equal((await json(200, `/packages/${id}/archive`, sent)).reused_count, added.file_count);
      });
    });
  }

  it("may have many files", async () => {
    await withServer(async (server) => {
      const { json, createPackage } = server;
      const id = await createPackage();
      const entries = Array.from({ length: 2_500 }, (_, index) => entry(`f/${index}`, String(index)));
      assert.equal((await json(200, `/packages/${id}/archive`, archive(...entries))).file_count, 2_500);
      const { file_count } = await json(200, `/packages/${id}/finalize`, { method: "POST" });
      assert.equal(file_count, 2_500);
    });
  });

  it("have paths and sizes from extended headers, for one entry each", async () => {
    await withServer(async (server) => {
      const { json, createPackage } = server;
      const id = await createPackage();
      const path = `${"x".repeat(200)}/f`;
      await json(
        200,
        `/packages/${id}/archive`,
        archive(
          pax({ comment: "c" }, "g"),
          pax({ path, mtime: "1" }),
          entry("short", "1"),
          entry("L", `${path}2\0`, "L"),
          entry("s", "2"),
          entry("plain", "3"),
        ),
      );
      assert.deepEqual(await pathsOf(server, id), ["plain", path, `${path}2`]);
    });
  });

  const refusals: readonly (readonly [name: string, code: ErrorCode, parts: readonly Uint8Array[]])[] = [
    ["a symbolic link", "source_refused", [entry("ok", "1"), entry("l", "", "2")]],
    ["a hard link", "source_refused", [entry("l", "", "1")]],
    ["a device", "source_refused", [entry("l", "", "3")]],
    ["a FIFO", "source_refused", [entry("l", "", "6")]],
    ["a sparse file", "source_refused", [entry("l", "x", "S")]],
    ["a sparse file of pax", "invalid_request", [pax({ "GNU.sparse.major": "1" }), entry("l", "x")]],
    ["an unknown kind", "source_refused", [entry("l", "x", "Z")]],
    ["a path out of it", "invalid_path", [entry("../x", "1")]],
    ["dots within", "invalid_path", [entry("a/../x", "1")]],
    ["an absolute path", "invalid_path", [entry("/etc/x", "1")]],
    ["an absolute path of pax", "invalid_path", [pax({ path: "/etc/x" }), entry("x", "1")]],
    ["a path with a control character", "invalid_path", [pax({ path: "a\nb" }), entry("x", "1")]],
    ["a name twice", "path_conflict", [entry("a", "1"), entry("a", "1")]],
    ["a file that is a directory too", "path_conflict", [entry("a", "1"), entry("a/b", "1")]],
    ["a directory with data", "invalid_request", [entry("a/", "1", "5")]],
    ["a path for all entries", "invalid_request", [pax({ path: "p" }, "g"), entry("a", "1")]],
    ["an endless row of headers", "invalid_request", Array.from({ length: 12 }, () => pax({ comment: "c" }))],
    ["a huge extended header", "limit_exceeded", [entry("pax", new Uint8Array(70_000), "x")]],
    ["a file beyond the limit", "limit_exceeded", [entry("a", new Uint8Array(100_001))]],
    ["a size that is not there", "invalid_request", [entry("a", "", "0", 5_000)]],
    ["something behind its end", "invalid_request", [entry("a", "1"), END, entry("b", "1")]],
    ["no file", "invalid_request", [entry("a/", "", "5")]],
    ["no tar archive", "invalid_request", [new Uint8Array(2048).fill(65)]],
  ];

  it("are refused whole, with what is wrong", async () => {
    await withServer(
      async (server) => {
        const { refused, createPackage, json } = server;
        const id = await createPackage();
        for (const [name, code, parts] of refusals) {
          await refused(code, `/packages/${id}/archive`, archive(...parts)).catch((error: Error) => {
            throw new Error(`${name}: ${error.message}`);
          });
        }
        const cut = {
          method: "POST",
          headers: TAR,
          body: new Uint8Array(entry("a", randomBytes(2_000)).subarray(0, 1_500)),
        };
        await refused("invalid_request", `/packages/${id}/archive`, cut);
        await refused("invalid_request", `/packages/${id}/archive`, {
          ...cut,
          body: entry("a", "no end") as Uint8Array<ArrayBuffer>,
        });
        await refused("unsupported_media_type", `/packages/${id}/archive`, {
          ...cut,
          headers: { "Content-Type": "application/gzip" },
        });
        await refused(
          "limit_exceeded",
          `/packages/${id}/archive`,
          archive(
            entry("a", new Uint8Array(99_000)),
            entry("b", new Uint8Array(99_000)),
            entry("c", new Uint8Array(99_000)),
          ),
        );
        assert.deepEqual(await pathsOf(server, id), []);
        assert.equal((await json(200, "/events")).items.length, 2);
      },
      { limits: { fileMaxBytes: 100_000, archiveMaxBytes: 250_000 } },
    );
  });

  it("may not follow links of a tree", async () => {
    await withServer(async ({ directory, createPackage, refused }) => {
      const source = join(directory, "source");
      mkdirSync(source);
      writeFileSync(join(source, "file"), "x");
      symlinkSync("/etc/passwd", join(source, "link"));
      const made = spawnSync("tar", ["-C", source, "-cf", "-", "."]);
      const id = await createPackage();
      await refused("source_refused", `/packages/${id}/archive`, {
        method: "POST",
        headers: TAR,
        body: new Uint8Array(made.stdout),
      });
    });
  });
});

describe("packages as archives", () => {
  it("are unpacked by tar to what went in", async () => {
    await withServer(async ({ directory, json, fetch, refused, createPackage }) => {
      const id = await createPackage();
      const files = new Map<string, Uint8Array>([
        ["a.txt", new TextEncoder().encode("a")],
        ["empty", new Uint8Array(0)],
        [`${"d".repeat(120)}/f`, randomBytes(1_500_000)],
        ["sub/rün", randomBytes(700)],
      ]);
      for (const [path, bytes] of files) {
        const url = `/packages/${id}/files/${path.split("/").map(encodeURIComponent).join("/")}`;
        await json(201, url, { method: "PUT", body: bytes as Uint8Array<ArrayBuffer> });
      }
      await refused("package_state", `/packages/${id}/archive.tar`);
      await json(200, `/packages/${id}/finalize`, { method: "POST" });
      const response = await fetch(`/packages/${id}/archive.tar`);
      assert.equal(response.headers.get("content-type"), "application/x-tar");
      const target = join(directory, "target");
      mkdirSync(target);
      const bytes = new Uint8Array(await response.arrayBuffer());
      const unpacked = spawnSync("tar", ["-C", target, "-xf", "-"], { input: bytes });
      assert.equal(unpacked.status, 0, String(unpacked.stderr));
      for (const [path, content] of files) {
        assert.equal(digest(readFileSync(join(target, path))), digest(content), path);
      }
      // What one registry sends, another one takes.
      const copy = await createPackage({ producer: "others" });
      await json(200, `/packages/${copy}/archive`, { method: "POST", headers: TAR, body: bytes });
      const head = await fetch(`/packages/${id}/archive.tar`, { method: "HEAD" });
      assert.equal(head.status, 200);
    });
  });
});

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
