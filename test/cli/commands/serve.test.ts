import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runProgram } from "../../support/program.ts";
import { runCliHere } from "../../support/run-cli.ts";
import { type ServeProcess, startServe } from "../../support/serve-process.ts";
import { withTemporaryDirectory } from "../../support/temporary-directory.ts";

const TOKEN = { Authorization: "Bearer secret" };
const JSON_TOKEN = { ...TOKEN, "Content-Type": "application/json" };
const PACKAGE = JSON.stringify({ name: "n", producer: "p", subject: "s", retention_class: "transient" });

async function withServe(
  variables: Readonly<Record<string, string>>,
  work: (server: ServeProcess, directory: string) => Promise<void>,
): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const server = await startServe(directory, variables);
    try {
      await work(server, directory);
    } finally {
      server.kill("SIGKILL");
      await server.ended;
    }
  });
}

describe("serve", () => {
  it("answers, says so in a log of JSON lines, and ends in order", async () => {
    await withServe({ AUTH_TOKENS: "ci=secret", METRICS_PORT: "0" }, async (server, directory) => {
      const created = await fetch(`${server.url}/packages`, {
        method: "POST",
        headers: JSON_TOKEN,
        body: PACKAGE,
      });
      assert.equal(created.status, 201);
      const health = await runProgram(["health", "--api", server.url], { cwd: directory });
      assert.equal(health.exitCode, 0, health.stderr);
      assert.equal(JSON.parse(health.stdout).status, "ok");
      assert.match(
        await (await fetch(server.metricsUrl ?? "")).text(),
        /artifactstore_packages\{status="created"\} 1/,
      );
      server.kill("SIGTERM");
      assert.equal(await server.ended, 0);
      const lines = server
        .log()
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      const request = lines.find(({ event, route }) => event === "request" && route === "/packages");
      assert.equal(request.status, 201);
      assert.equal(request.actor, "ci");
      assert.equal(lines.at(-1).event, "stopped");
    });
  });

  it("lets a request finish that runs when it is asked to end", async () => {
    await withServe({ AUTH_TOKENS: "ci=secret" }, async (server) => {
      const { id } = (await (
        await fetch(`${server.url}/packages`, { method: "POST", headers: JSON_TOKEN, body: PACKAGE })
      ).json()) as { id: string };
      let finish: (() => void) | undefined;
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new Uint8Array(10));
          finish = () => {
            controller.enqueue(new Uint8Array(10));
            controller.close();
          };
        },
      });
      const sent = fetch(`${server.url}/packages/${id}/files/a`, {
        method: "PUT",
        headers: TOKEN,
        body,
        duplex: "half",
      } as RequestInit);
      while (
        !(await (await fetch(`${server.url}/metrics`, { headers: TOKEN })).text()).includes(
          "uploads_running 1",
        )
      ) {
        await new Promise((wake) => setTimeout(wake, 5));
      }
      server.kill("SIGTERM");
      while (!server.log().includes('"stopping"')) await new Promise((wake) => setTimeout(wake, 5));
      finish?.();
      const answer = await sent;
      assert.equal(answer.status, 201);
      assert.equal(((await answer.json()) as { size_bytes: number }).size_bytes, 20);
      assert.equal(await server.ended, 0);
      assert.match(server.log(), /"all_requests_finished":true/);
    });
  });

  it("does not wait longer than it may", async () => {
    await withServe({ AUTH_TOKENS: "ci=secret", SHUTDOWN_GRACE_SECONDS: "0" }, async (server) => {
      const { id } = (await (
        await fetch(`${server.url}/packages`, { method: "POST", headers: JSON_TOKEN, body: PACKAGE })
      ).json()) as { id: string };
      const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(10)) });
      const sent = fetch(`${server.url}/packages/${id}/files/a`, {
        method: "PUT",
        headers: TOKEN,
        body,
        duplex: "half",
      } as RequestInit).then(
        ({ status }) => status,
        () => 0,
      );
      while (
        !(await (await fetch(`${server.url}/metrics`, { headers: TOKEN })).text()).includes(
          "uploads_running 1",
        )
      ) {
        await new Promise((wake) => setTimeout(wake, 5));
      }
      server.kill("SIGTERM");
      assert.equal(await server.ended, 0);
      assert.notEqual(await sent, 201);
      assert.match(server.log(), /"all_requests_finished":false/);
    });
  });

  it("reads its file of tokens again on SIGHUP, and keeps the old ones where it cannot", async () => {
    await withTemporaryDirectory(async (directory) => {
      const file = join(directory, "tokens");
      writeFileSync(file, "# one a line\na=secret\n");
      const server = await startServe(directory, { AUTH_TOKENS_FILE: file });
      const status = async (secret: string) =>
        (await fetch(`${server.url}/packages`, { headers: { Authorization: `Bearer ${secret}` } })).status;
      const reloads = () => server.log().split("tokens_").length - 1;
      const reload = async (text: string) => {
        const before = reloads();
        writeFileSync(file, text);
        server.kill("SIGHUP");
        while (reloads() === before) await new Promise((wake) => setTimeout(wake, 5));
      };
      try {
        assert.equal(await status("secret"), 200);
        await reload("a=another\n");
        assert.deepEqual([await status("secret"), await status("another")], [401, 200]);
        await reload("a;nonsense=third\n");
        assert.deepEqual([await status("third"), await status("another")], [401, 200]);
      } finally {
        server.kill("SIGKILL");
        await server.ended;
      }
    });
  });

  it("does not start with tokens that cannot be used, or on a port that is taken", async () => {
    await withServe({}, async (server, directory) => {
      const port = new URL(server.url).port;
      const taken = await runProgram(["serve", "--port", port], { cwd: directory });
      assert.equal(taken.exitCode, 2, taken.stderr);
      const wrong = await runProgram(["serve", "--port", "0"], {
        cwd: directory,
        environment: { ARTIFACTSTORE_AUTH_TOKENS: "a;nonsense=hidden-secret" },
      });
      assert.equal(wrong.exitCode, 2, wrong.stderr);
      assert.doesNotMatch(wrong.stderr, /hidden-secret/);
      assert.match(server.log(), /no token is configured/);
    });
  });
});

describe("token hash", () => {
  const hash = (text: string) => runCliHere(["token", "hash"], { input: [new TextEncoder().encode(text)] });

  it("prints what stands for a secret", async () => {
    const { exitCode, stdout } = await hash("secret\n");
    assert.equal(exitCode, 0);
    assert.equal(stdout, "sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\n");
  });

  it("refuses what cannot be a secret", async () => {
    for (const text of ["", "\n", "a b\n", "a,b\n", "a\nb\n", "a".repeat(5_000)]) {
      assert.equal((await hash(text)).exitCode, 8);
    }
  });
});

describe("health", () => {
  it("says that a server cannot be reached", async () => {
    const { exitCode } = await runCliHere(["health", "--api", "http://127.0.0.1:1"]);
    assert.equal(exitCode, 7);
  });
});
