import assert from "node:assert/strict";
import { join } from "node:path";
import type { ErrorCode } from "../../src/core/errors.ts";
import { ERRORS } from "../../src/core/errors.ts";
import type { ApiLimits } from "../../src/http/api-limits.ts";
import { Authenticator } from "../../src/http/auth/authenticator.ts";
import { parseTokens } from "../../src/http/auth/parse-tokens.ts";
import { RequestLog } from "../../src/http/request-log.ts";
import { type RunningServer, startServer } from "../../src/http/start-server.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { openTestRegistry } from "./open-registry.ts";
import { withTemporaryDirectory } from "./temporary-directory.ts";
import { runtime } from "./test-runtime.ts";

/** One secret for each kind of token; actors have the same names. */
export const TEST_TOKENS = [
  "all=secret-all",
  "reader;read=secret-reader",
  "writer;write=secret-writer",
  "limited;read+write;tests=secret-limited",
  "other;read+write;others=secret-other",
].join(",");

export interface TestServer {
  readonly url: string;
  readonly registry: RegistryContext;
  readonly directory: string;
  /** Every line of the log so far. */
  readonly log: readonly string[];
  readonly auth: Authenticator;
  readonly running: RunningServer;
  /** Sends with the token that may do everything, unless the request says otherwise. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** The JSON of an answer that must be of this status. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape
  json(status: number, path: string, init?: RequestInit): Promise<any>;
  /** The same with a JSON body. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape
  post(status: number, path: string, body: unknown, headers?: Record<string, string>): Promise<any>;
  /** Asserts that the answer is the problem document of a code. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape
  refused(code: ErrorCode, path: string, init?: RequestInit): Promise<any>;
  /** Begins a package of producer `tests`; answers its id. */
  createPackage(said?: Readonly<Record<string, unknown>>): Promise<string>;
}

export interface TestServerOptions {
  readonly tokens?: string;
  readonly anonymousReads?: boolean;
  readonly limits?: Partial<ApiLimits>;
}

/** A server over a registry of its own, on loopback, in this process. */
export async function withServer(
  work: (server: TestServer) => Promise<void>,
  options: TestServerOptions = {},
): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const opened = await openTestRegistry(join(directory, "registry"), { INGEST_THREADS: "2" });
    const log: string[] = [];
    const auth = new Authenticator(parseTokens(options.tokens ?? TEST_TOKENS, "test"), {
      anonymousReads: options.anonymousReads ?? false,
    });
    const running = await startServer({
      serve: runtime.serve,
      registry: opened.registry,
      auth,
      limits: { ...LIMITS, ...options.limits },
      log: new RequestLog({
        level: "debug",
        readable: false,
        clock: Date.now,
        write: (line) => void log.push(line),
      }),
      program: { version: "0.0.0-test", commit: undefined },
      host: "127.0.0.1",
      port: 0,
      idleTimeoutSeconds: 60,
    });
    try {
      await work(describeServer(running, opened.registry, directory, log, auth));
    } finally {
      await running.shutDown(2_000);
      await opened.close();
    }
  });
}

const LIMITS: ApiLimits = {
  fileMaxBytes: 64 * 1024 * 1024,
  archiveMaxBytes: 64 * 1024 * 1024,
  concurrentUploads: 32,
  bodyTimeoutMs: 20_000,
  bodyMinBytesPerSecond: 1,
};

function describeServer(
  running: RunningServer,
  registry: RegistryContext,
  directory: string,
  log: readonly string[],
  auth: Authenticator,
): TestServer {
  const send = (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has("Authorization")) headers.set("Authorization", "Bearer secret-all");
    if (headers.get("Authorization") === "") headers.delete("Authorization");
    return fetch(`${running.url}${path}`, { ...init, headers });
  };
  const json = async (status: number, path: string, init?: RequestInit) => {
    const response = await send(path, init);
    const text = await response.text();
    assert.equal(response.status, status, text);
    return JSON.parse(text);
  };
  const post = (status: number, path: string, body: unknown, headers: Record<string, string> = {}) =>
    json(status, path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  return {
    url: running.url,
    registry,
    directory,
    log,
    auth,
    running,
    fetch: send,
    json,
    post,
    async refused(code, path, init) {
      const response = await send(path, init);
      const text = await response.text();
      assert.equal(response.headers.get("content-type"), "application/problem+json", text);
      const problem = JSON.parse(text);
      assert.equal(problem.code, code, text);
      assert.equal(response.status, ERRORS[code].status);
      assert.equal(problem.status, response.status);
      assert.equal(problem.request_id, response.headers.get("request-id"));
      return problem;
    },
    async createPackage(said = {}) {
      const { id } = await post(201, "/packages", { ...PACKAGE, ...said });
      return id;
    },
  };
}

/** What a producer says of a package where it does not matter. */
export const PACKAGE = {
  name: "a package",
  producer: "tests",
  subject: "the subject",
  retention_class: "raw-evidence",
  metadata: { kind: "test" },
};

/** Headers with the token of one of `TEST_TOKENS`. */
export function as(actor: string): { readonly Authorization: string } {
  return { Authorization: `Bearer secret-${actor}` };
}
