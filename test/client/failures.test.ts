import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RetryNotice } from "../../src/client/client-options.ts";
import { PACKAGE, withServer } from "../support/http-server.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { clientOf, filledPackage, seededBytes, sha256Of } from "../support/remote-client.ts";

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Lets the first requests of a kind fail, each in its way, and passes on all others. */
function failing(
  matches: (url: string, init: RequestInit) => boolean,
  ...ways: Fetch[]
): Fetch & { left(): number } {
  const send = async (url: string, init: RequestInit) => {
    const way = matches(url, init) ? ways.shift() : undefined;
    return await (way ?? fetch)(url, init);
  };
  return Object.assign(send, { left: () => ways.length });
}

const lost: Fetch = async () => {
  throw new TypeError("the connection was closed");
};

/** The work is done, and nobody hears of it. */
const unheard: Fetch = async (url, init) => {
  await (await fetch(url, init)).arrayBuffer();
  throw new TypeError("the connection was closed");
};

function answers(status: number, headers: Record<string, string> = {}): Fetch {
  return async () => new Response("<html>", { status, headers });
}

/** Gives so many bytes of the answer, and breaks off. */
function cutAfter(bytes: number): Fetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    const whole = new Uint8Array(await response.arrayBuffer());
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(whole.slice(0, bytes));
      },
      pull(controller) {
        controller.error(new TypeError("the connection was closed"));
      },
    });
    return new Response(body, { status: response.status, headers: response.headers });
  };
}

const isPost = (_: string, { method }: RequestInit) => method === "POST";
const isDownload = (url: string) => url.endsWith("/download");

describe("a client whose connections fail", () => {
  it("sends again what is harmless, and makes one package of two requests", () =>
    withServer(async (server) => {
      const notices: RetryNotice[] = [];
      const send = failing(isPost, unheard, answers(502), answers(429, { "Retry-After": "0" }));
      const client = clientOf(server, "all", { fetch: send, onRetry: (notice) => notices.push(notice) });
      await client.health();
      const { id } = await client.packages.create(PACKAGE);
      const { items } = await client.packages.listPage();
      assert.deepEqual(
        items.map((item) => item.id),
        [id],
      );
      assert.deepEqual(
        notices.map(({ attempt }) => attempt),
        [1, 2, 3],
      );
    }));

  it("gives up when nobody ever answers, and says so", () =>
    withServer(async (server) => {
      let tries = 0;
      const client = clientOf(server, "all", {
        fetch: (url, init) => {
          tries += 1;
          return lost(url, init);
        },
      });
      await rejectsWithCode("server_unavailable", () => client.packages.listPage());
      assert.equal(tries, 3);
    }));

  it("does not repeat refusals", () =>
    withServer(async (server) => {
      let tries = 0;
      const client = clientOf(server, "reader", {
        fetch: (url, init) => {
          tries += 1;
          return fetch(url, init);
        },
      });
      await rejectsWithCode("forbidden", () => client.packages.create(PACKAGE));
      assert.equal(tries, 1);
    }));

  it("finds out that giving up was heard although the answer was lost", () =>
    withServer(async (server) => {
      const send = failing((url) => url.endsWith("/abandon"), unheard);
      const client = clientOf(server, "all", { fetch: send });
      const { id } = await client.packages.create(PACKAGE);
      await client.packages.abandon(id, "why");
      assert.equal((await client.packages.show(id)).status, "abandoned");
    }));

  it("goes on with a download where it broke off", () =>
    withServer(async (server) => {
      const content = seededBytes(2_500_000, 7);
      const { files } = await filledPackage(clientOf(server), { "a.bin": content });
      const file = files.get("a.bin");
      assert.ok(file);
      const ranges: (string | null)[] = [];
      const send = failing(isDownload, cutAfter(1_000_000), lost, cutAfter(500_000));
      const client = clientOf(server, "all", {
        fetch: (url, init) => {
          if (isDownload(url)) ranges.push(new Headers(init.headers).get("range"));
          return send(url, init);
        },
      });
      await client.health();
      const chunks: Uint8Array[] = [];
      for await (const chunk of client.files.download(file)) chunks.push(chunk);
      assert.equal(sha256Of(Buffer.concat(chunks)), sha256Of(content));
      assert.deepEqual(ranges, [
        null,
        "bytes=1000000-2499999",
        "bytes=1000000-2499999",
        "bytes=1500000-2499999",
      ]);
    }));

  it("never gives a wrong file to its end", () =>
    withServer(async (server) => {
      const { files } = await filledPackage(clientOf(server), { a: "right", b: "wrong" });
      const [a, b] = [files.get("a"), files.get("b")];
      assert.ok(a && b);
      const client = clientOf(server);
      for (const asked of [
        { ...a, sha256: b.sha256 },
        { ...a, content_address: b.content_address },
        { ...a, size_bytes: 4 },
      ]) {
        let bytes = 0;
        await rejectsWithCode("digest_mismatch", async () => {
          for await (const chunk of client.files.download(asked)) bytes += chunk.length;
        });
        assert.equal(bytes, 0);
      }
    }));

  it("goes on with an upload where the server stands", () =>
    withServer(async (server) => {
      const content = seededBytes(6_000_000, 3);
      const offsets: number[] = [];
      const cut: Fetch = (url, init) =>
        fetch(url, {
          ...init,
          body: new Blob([content.slice(0, 2_000_000) as Uint8Array<ArrayBuffer>]),
        }).then(() => lost(url, init));
      const send = failing((_, { method }) => method === "PATCH", cut, lost);
      const client = clientOf(server, "all", { fetch: send });
      const { id } = await client.packages.create(PACKAGE);
      const file = { path: "a.bin", sizeBytes: content.length, sha256: sha256Of(content) };
      await client.packageFiles.upload(id, file, (from) => {
        offsets.push(from);
        return content.slice(from);
      });
      assert.deepEqual(offsets, [0, 2_000_000, 2_000_000]);
      const { items } = await client.packages.filesPage(id);
      assert.deepEqual(
        items.map(({ sha256 }) => sha256),
        [file.sha256],
      );
      const other = { ...file, path: "b.bin", sha256: sha256Of("x") };
      await rejectsWithCode("digest_mismatch", () =>
        client.packageFiles.upload(id, other, (from) => content.slice(from)),
      );
    }));
});
