import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ApiError } from "../../src/client/api-error.ts";
import type { ListedPackage } from "../../src/client/documents.ts";
import type { FollowedEvent } from "../../src/client/events-api.ts";
import { PACKAGE, withServer } from "../support/http-server.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { bytesOf, clientOf, filledPackage, seededBytes, sha256Of } from "../support/remote-client.ts";

describe("the client", () => {
  it("fills a package every way there is, seals it, and reads it back", () =>
    withServer(async (server) => {
      const client = clientOf(server);
      const large = seededBytes(3_000_000, 1);
      const { id } = await client.packages.create(PACKAGE);
      const put = await client.packageFiles.put(id, "a b/ü%.txt", bytesOf("one"), {
        mediaType: "text/x-own",
        sha256: sha256Of("one"),
      });
      assert.deepEqual(
        [put.relative_path, put.media_type, put.reused_existing],
        ["a b/ü%.txt", "text/x-own", false],
      );
      await client.packageFiles.put(id, "blob.json", new Blob(["{}"]));
      const stream = () => new Blob([large as Uint8Array<ArrayBuffer>]).stream();
      await rejectsWithCode("digest_mismatch", () =>
        client.packageFiles.put(id, "large.bin", stream, { contentAddress: put.content_address }),
      );
      await client.packageFiles.put(id, "large.bin", stream);
      const long = `${"d".repeat(90)}/${"f".repeat(90)}`;
      const archived = await client.packageFiles.addArchive(id, [
        { path: "empty", bytes: bytesOf("") },
        { path: long, bytes: bytesOf("long") },
      ]);
      assert.deepEqual([archived.file_count, archived.total_size_bytes], [2, 4]);
      const sealed = await client.packages.finalize(id);
      assert.equal(sealed.file_count, 5);
      assert.deepEqual((await client.packages.finalize(id)).reused_existing, true);

      const { manifest, digest } = await client.packages.manifest(id);
      assert.equal(digest, sealed.manifest_digest);
      assert.deepEqual(
        JSON.parse(new TextDecoder().decode(await client.packages.manifestJson(id))),
        manifest,
      );
      const contents = new Map<string, Uint8Array>();
      for await (const file of client.packages.files(id, { limit: 2 })) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of client.files.download(file)) chunks.push(chunk);
        contents.set(file.relative_path, new Uint8Array(Buffer.concat(chunks)));
        assert.equal((await client.files.show(file.id)).sha256, file.sha256);
      }
      assert.deepEqual(
        [...contents.keys()].sort(),
        ["a b/ü%.txt", "blob.json", long, "empty", "large.bin"].sort(),
      );
      assert.deepEqual(contents.get("large.bin"), large);
      assert.deepEqual(contents.get(long), bytesOf("long"));
    }));

  it("asks what is missing, and refers to the rest", () =>
    withServer(async (server) => {
      const client = clientOf(server);
      const { files } = await filledPackage(client, { a: "known" });
      const known = files.get("a")?.content_address ?? "";
      const unknown = `blake3:${"0".repeat(64)}`;
      const { id } = await client.packages.create(PACKAGE);
      assert.deepEqual([...(await client.packageFiles.missing(id, [known, unknown]))], [unknown]);
      const refer = (content_address: string) =>
        client.packageFiles.addReferences(id, [
          { relative_path: "b", content_address, media_type: "text/plain" },
        ]);
      const [added] = await refer(known);
      assert.deepEqual([added?.size_bytes, added?.media_type], [5, "text/plain"]);
      await rejectsWithCode("blob_not_found", () => refer(unknown));
    }));

  it("lists page by page, with filters", () =>
    withServer(async (server) => {
      const client = clientOf(server);
      for (const kind of ["a", "b", "a", "a"])
        await client.packages.create({ ...PACKAGE, metadata: { kind } });
      const found: ListedPackage[] = [];
      for await (const item of client.packages.list({ metadata: { kind: "a" } }, { limit: 2 }))
        found.push(item);
      assert.equal(found.length, 3);
      const page = await client.packages.listPage({ producer: "tests" }, { limit: 3 });
      assert.equal(page.items.length, 3);
      assert.notEqual(page.next_cursor, null);
    }));

  it("tells refusals by their code, status and fields", () =>
    withServer(async (server) => {
      const client = clientOf(server);
      const absent = "0192d000-0000-7000-8000-000000000000";
      const error = await client.packages.show(absent).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.code, error.status], ["package_not_found", 404]);
      assert.match(error.requestId ?? "", /^[0-9a-f-]{36}$/);
      await rejectsWithCode("unauthenticated", () => clientOf(server, "nobody").packages.show(absent));
      await rejectsWithCode("forbidden", () => clientOf(server, "writer").packages.show(absent));
      const incomplete = { ...PACKAGE, subject: 1 } as unknown as typeof PACKAGE;
      const invalid = await client.packages.create(incomplete).catch((thrown: ApiError) => thrown);
      assert.ok(invalid instanceof ApiError);
      assert.deepEqual([invalid.code, invalid.errors[0]?.pointer], ["invalid_input", "/subject"]);
      await rejectsWithCode("invalid_input", async () => clientOf({ url: "ftp://x" }));
    }));

  it("abandons, and says when it cannot", () =>
    withServer(async (server) => {
      const client = clientOf(server);
      const { id } = await client.packages.create(PACKAGE);
      await client.packages.abandon(id, "why");
      assert.equal((await client.packages.show(id)).abandoned_reason, "why");
      await rejectsWithCode("package_state", () => client.packages.abandon(id, "again"));
    }));

  it("registers and shows schemas", () =>
    withServer(async (server) => {
      const { metadataSchemas } = clientOf(server);
      const schema = { type: "object", required: ["k"] };
      const first = await metadataSchemas.register("tests.v1", schema);
      const again = await metadataSchemas.register("tests.v1", schema);
      assert.deepEqual([first.reused_existing, again.reused_existing], [false, true]);
      assert.deepEqual((await metadataSchemas.show("tests.v1")).json_schema, schema);
      await rejectsWithCode("metadata_schema_conflict", () => metadataSchemas.register("tests.v1", {}));
      const { items } = await metadataSchemas.listPage();
      assert.deepEqual(
        items.map(({ slug }) => slug),
        ["tests.v1"],
      );
    }));

  it("tells how the server is", () =>
    withServer(async (server) => {
      const { healthy, document } = await clientOf(server).health();
      assert.deepEqual([healthy, document["status"]], [true, "ok"]);
    }));

  it("reads events, and follows them from where somebody left off", () =>
    withServer(async (server) => {
      const client = clientOf(server);
      const { created } = await filledPackage(client, { a: "1", b: "2" });
      const logged: number[] = [];
      for await (const event of client.events.list({}, { limit: 2 })) logged.push(event.sequence);
      assert.deepEqual(logged, [1, 2, 3, 4, 5]);
      const follow = async (lastEventId: string | undefined, until: number) => {
        const seen: FollowedEvent[] = [];
        const followed = client.events.follow({
          subject: created.id,
          ...(lastEventId === undefined ? {} : { lastEventId }),
        });
        for await (const one of followed) {
          seen.push(one);
          if (one.event.sequence === until) break;
        }
        return seen;
      };
      const start = await follow(undefined, 3);
      assert.deepEqual(
        start.map(({ event }) => event.sequence),
        [1, 2, 3],
      );
      const rest = await follow(start.at(-1)?.id, 5);
      assert.deepEqual(
        rest.map(({ event }) => event.event_type),
        ["v1.file.ingested", "v1.package.finalized"],
      );
      await rejectsWithCode("cursor_foreign", () => follow("0192d000-0000-4000-8000-000000000000.3", 5));
    }));

  it("follows what is recorded later, until it is told to stop", () =>
    withServer(async (server) => {
      const client = clientOf(server);
      const stop = new AbortController();
      const types: string[] = [];
      const following = (async () => {
        for await (const { event } of client.events.follow({ signal: stop.signal })) {
          types.push(event.event_type);
          if (event.event_type === "v1.package.finalized") stop.abort();
        }
      })();
      const ended = assert.rejects(following, (error) => error === stop.signal.reason);
      await filledPackage(client, { a: "1" });
      await ended;
      assert.equal(types.length, 4);
    }));
});
