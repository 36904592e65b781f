import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hashSecret, parseTokens } from "../../src/http/auth/parse-tokens.ts";
import { loadTokens } from "../../src/http/auth/token-sources.ts";
import { as, PACKAGE, withServer } from "../support/http-server.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

describe("tokens", () => {
  it("says actor, scopes and producer, or nothing of them", () => {
    const tokens = parseTokens(
      "bare\nci=one,ro;read=two, gb;read+write;guide-board=three\n\n# a comment, = it is\n",
      "t",
    );
    assert.deepEqual(
      tokens.map(({ actor, scopes, producer }) => [actor, [...scopes].join("+"), producer]),
      [
        [`token-${hashSecret("bare").slice(7, 15)}`, "read+write+retention+admin", undefined],
        ["ci", "read+write+retention+admin", undefined],
        ["ro", "read", undefined],
        ["gb", "read+write", "guide-board"],
      ],
    );
  });

  it("takes a hash in place of a secret, and base64 with its padding", () => {
    const [plain, hashed] = [
      parseTokens("ci=c2VjcmV0Cg==", "t"),
      parseTokens(`ci=${hashSecret("c2VjcmV0Cg==")}`, "t"),
    ];
    assert.deepEqual(plain[0]?.digest, new Uint8Array(hashed[0]?.digest ?? []));
    assert.match(parseTokens("c2VjcmV0Cg==", "t")[0]?.actor ?? "", /^token-/);
  });

  for (const [name, text] of [
    ["an unknown scope", "ci;delete=secret-x"],
    ["a hash that is cut", "ci=sha256:abc"],
    ["one secret twice", "a=secret-x,b=secret-x"],
    ["too many parts", "a;read;p;q=secret-x"],
    ["white space in a secret", "a=secret x"],
  ] as const) {
    it(`refuses ${name}, without a word of the secret`, async () => {
      const error = await rejectsWithCode("configuration", () => parseTokens(text, "t"));
      assert.doesNotMatch(JSON.stringify([error.message, error.errors]), /secret[- ]x|abc/);
    });
  }

  it("refuses a secret that both sources have", async () => {
    const readFile = () => ({ path: "file", text: "b=secret-x" });
    await rejectsWithCode("configuration", () => loadTokens({ listed: "a=secret-x", readFile }));
  });
});

describe("who may do what", () => {
  it("answers 401 without a token, with an unknown one, and where none is configured", async () => {
    await withServer(async ({ refused, fetch }) => {
      await refused("unauthenticated", "/packages", { headers: { Authorization: "" } });
      await refused("unauthenticated", "/packages", { headers: { Authorization: "Bearer no" } });
      await refused("unauthenticated", "/packages", { headers: { Authorization: "Basic c2VjcmV0LWFsbA==" } });
      const response = await fetch("/packages", { headers: { Authorization: "" } });
      assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer /);
      await response.body?.cancel();
    });
    await withServer(
      async ({ refused }) => {
        await refused("unauthenticated", "/packages");
      },
      { tokens: "" },
    );
  });

  it("opens reads, and nothing else, where it is configured", async () => {
    await withServer(
      async ({ json, refused }) => {
        const anonymous = { headers: { Authorization: "" } };
        await json(200, "/packages", anonymous);
        await refused("unauthenticated", "/packages", { method: "POST", body: "{}", ...anonymous });
        await refused("unauthenticated", "/metrics", anonymous);
        await refused("unauthenticated", "/packages", { headers: { Authorization: "Bearer no" } });
      },
      { anonymousReads: true },
    );
  });

  it("asks for the scope", async () => {
    await withServer(async ({ refused, post, json }) => {
      await refused("forbidden", "/packages", { method: "POST", body: "{}", headers: as("reader") });
      await refused("forbidden", "/metrics", { headers: as("reader") });
      await json(200, "/packages", { headers: as("reader") });
      const { id } = await post(201, "/packages", PACKAGE, as("writer"));
      await refused("forbidden", `/packages/${id}`, { headers: as("writer") });
      await refused("forbidden", `/packages/${id}/manifest`, { headers: as("writer") });
      await refused("forbidden", "/events", { headers: as("writer") });
    });
  });

  it("records the token's actor", async () => {
    await withServer(async ({ post, json }) => {
      const { id } = await post(201, "/packages", PACKAGE, as("writer"));
      const { items } = await json(200, `/packages/${id}/events`);
      assert.deepEqual(
        items.map(({ actor }: { actor: string }) => actor),
        ["writer", "writer"],
      );
    });
  });

  it("tells a token that may only write of a package that is there, by its external id", async () => {
    await withServer(async ({ post }) => {
      const said = { ...PACKAGE, external_id: "run-1" };
      const first = await post(201, "/packages", said, as("writer"));
      const second = await post(200, "/packages", { ...said, name: "another" }, as("writer"));
      assert.deepEqual(second, {
        id: first.id,
        status: "created",
        manifest_digest: null,
        reused_existing: true,
      });
    });
  });

  it("hides other producers' packages, files and events from a token that is limited", async () => {
    await withServer(async ({ post, json, refused, fetch, createPackage }) => {
      const id = await createPackage();
      const file = await json(201, `/packages/${id}/files/a.txt`, { method: "PUT", body: "a" });
      await post(200, `/packages/${id}/finalize`, {});
      const own = { headers: as("limited") };
      const foreign = { headers: as("other") };
      for (const path of [`/packages/${id}`, `/packages/${id}/files`, `/packages/${id}/manifest`]) {
        await refused("package_not_found", path, foreign);
        const response = await fetch(path, own);
        assert.equal(response.status, 200);
        await response.body?.cancel();
      }
      for (const path of [`/files/${file.id}`, `/files/${file.id}/download`]) {
        await refused("file_not_found", path, foreign);
      }
      await refused("package_not_found", `/packages/${id}/archive.tar`, foreign);
      await refused("package_not_found", `/packages/${id}/finalize`, { method: "POST", ...foreign });
      await refused("package_not_found", `/packages/${id}/files/b`, { method: "PUT", body: "b", ...foreign });
      assert.equal((await json(200, "/packages", foreign)).items.length, 0);
      assert.equal((await json(200, "/packages?producer=tests", foreign)).items.length, 0);
      assert.equal((await json(200, "/packages", own)).items.length, 1);
      assert.equal((await json(200, "/events", foreign)).items.length, 0);
      assert.equal((await json(200, "/events", own)).items.length, 4);
      const said = { method: "POST", body: JSON.stringify(PACKAGE) };
      await refused("forbidden", "/packages", {
        ...said,
        headers: { ...as("other"), "Content-Type": "application/json" },
      });
    });
  });

  it("takes other tokens while it runs", async () => {
    await withServer(async ({ auth, json, refused }) => {
      auth.replaceTokens(parseTokens("new=secret-new", "t"));
      await refused("unauthenticated", "/packages");
      await json(200, "/packages", { headers: as("new") });
    });
  });

  it("writes no token and no query into the log", async () => {
    await withServer(async ({ json, log, refused }) => {
      await json(200, "/packages?subject=hidden-thing");
      await refused("unauthenticated", "/packages", { headers: { Authorization: "Bearer wrong-thing" } });
      assert.equal(log.length >= 2, true);
      assert.doesNotMatch(log.join(""), /secret-all|hidden-thing|wrong-thing/);
    });
  });
});
