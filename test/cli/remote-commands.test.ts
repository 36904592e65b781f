import assert from "node:assert/strict";
import { mkdirSync, readFileSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { writeGuideBoardRun } from "../support/guide-board-run.ts";
import { PACKAGE, type TestServer, withServer } from "../support/http-server.ts";
import { writeFiles } from "../support/open-registry.ts";
import { bytesOf, clientOf, runRemotely, seededBytes } from "../support/remote-client.ts";
import { runCliHere } from "../support/run-cli.ts";

const WHO = ["--producer", "tests", "--subject", "s", "--retention-class", "raw-evidence"];

/** Small files, one that goes by itself, two large ones of one content, a declared-looking type, an empty one. */
function writeTree(directory: string): void {
  const large = seededBytes(1_500_000, 5);
  writeFiles(directory, {
    "a.txt": "a",
    "d/empty": "",
    "d/ü b%.json": "{}",
    "mid.bin": seededBytes(200_000, 4),
    "large.bin": large,
    "same.bin": large,
  });
}

/** Runs a command that must succeed; answers the JSON that it printed. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape
async function json(server: TestServer, ...argv: string[]): Promise<any> {
  const result = await runRemotely(server, argv);
  assert.equal(result.exitCode, 0, result.stderr);
  return JSON.parse(result.stdout);
}

/** The same command on a registry of its own. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape
async function direct(server: TestServer, ...argv: string[]): Promise<any> {
  const workingDirectory = join(server.directory, "direct");
  mkdirSync(workingDirectory, { recursive: true });
  const result = await runCliHere(argv, { workingDirectory });
  assert.equal(result.exitCode, 0, result.stderr);
  return JSON.parse(result.stdout);
}

describe("push through a server", () => {
  it("gives the manifest digest and the document of a direct push", () =>
    withServer(async (server) => {
      const tree = join(server.directory, "tree");
      writeTree(tree);
      writeFileSync(join(server.directory, "m.json"), '{"k": 1}');
      const argv = [
        "push",
        tree,
        ...WHO,
        "--metadata",
        join(server.directory, "m.json"),
        "--exclude",
        "*.tmp",
      ];
      const here = await direct(server, ...argv);
      const there = await json(server, ...argv);
      assert.deepEqual({ ...there, package_id: "" }, { ...here, package_id: "" });
    }));

  it("is idempotent by external id, and names what differs", () =>
    withServer(async (server) => {
      const tree = join(server.directory, "tree");
      writeTree(tree);
      const argv = ["push", tree, ...WHO, "--external-id", "x"];
      const first = await json(server, ...argv);
      const again = await json(server, ...argv);
      assert.deepEqual([again.package_id, again.reused_existing], [first.package_id, true]);
      writeFileSync(join(tree, "a.txt"), "b");
      const refused = await runRemotely(server, argv);
      assert.deepEqual([refused.exitCode, refused.stdout], [4, ""]);
      assert.match(refused.stderr, /\(content_conflict\)\n {2}a\.txt: /);
      const otherClass = argv.map((word) => (word === "raw-evidence" ? "transient" : word));
      writeFileSync(join(tree, "a.txt"), "a");
      const classed = await runRemotely(server, otherClass);
      assert.match(classed.stderr, /\(retention_class_conflict\)/);
    }));

  it("sends no content twice, whoever sent it", () =>
    withServer(async (server) => {
      const tree = join(server.directory, "tree");
      writeTree(tree);
      await json(server, "push", tree, ...WHO);
      const sent = server.log.length;
      const second = await json(server, "push", tree, ...WHO);
      const routes = server.log.slice(sent).map((line) => JSON.parse(line).route);
      assert.deepEqual(
        routes.filter((route) => route?.endsWith("/archive") || route?.endsWith("/files/*")),
        [],
      );
      assert.equal((await json(server, "verify", second.package_id)).verified, true);
    }));

  it("resumes what was left unfinished, and gives up what has become something else", () =>
    withServer(async (server) => {
      const tree = join(server.directory, "tree");
      writeTree(tree);
      const client = clientOf(server);
      const begin = async (external_id: string, content: string) => {
        const said = { name: external_id, producer: "tests", subject: "s", retention_class: "raw-evidence" };
        const { id } = await client.packages.create({ ...said, external_id });
        await client.packageFiles.put(id, "a.txt", bytesOf(content));
        return id;
      };
      const resumable = await begin("x", "a");
      const resumed = await json(server, "push", tree, ...WHO, "--external-id", "x");
      assert.deepEqual([resumed.package_id, resumed.resumed], [resumable, true]);
      const changed = await begin("y", "b");
      const anew = await json(server, "push", tree, ...WHO, "--external-id", "y");
      assert.deepEqual([anew.abandoned_package_id, anew.resumed], [changed, false]);
      assert.equal((await client.packages.show(changed)).status, "abandoned");
      assert.equal(anew.file_count, resumed.file_count);
    }));

  it("ends as one package where two push at once", () =>
    withServer(async (server) => {
      const tree = join(server.directory, "tree");
      writeTree(tree);
      const argv = ["push", tree, ...WHO, "--external-id", "x"];
      const pushed = await Promise.all([1, 2, 3].map(() => json(server, ...argv)));
      assert.equal(new Set(pushed.map((one) => one.manifest_digest)).size, 1);
      assert.equal(new Set(pushed.map((one) => one.package_id)).size, 1);
    }));

  it("needs no more than a token that may write", () =>
    withServer(async (server) => {
      const tree = join(server.directory, "tree");
      writeTree(tree);
      const push = () =>
        runRemotely(server, ["push", tree, ...WHO, "--external-id", "x"], { actor: "writer" });
      const first = JSON.parse((await push()).stdout);
      const again = JSON.parse((await push()).stdout);
      assert.deepEqual([again.package_id, again.reused_existing], [first.package_id, true]);
      writeFileSync(join(tree, "a.txt"), "b");
      assert.match((await push()).stderr, /\(content_conflict\)/);
      const other = await runRemotely(server, ["push", tree, ...WHO], { actor: "other" });
      assert.deepEqual([other.exitCode, other.stdout], [6, ""]);
      const nobody = await runRemotely(server, ["push", tree, ...WHO], { actor: "nobody" });
      assert.equal(nobody.exitCode, 6);
    }));

  it("holds metadata against a schema, and registers one of the caller's own", () =>
    withServer(async (server) => {
      const at = (name: string) => join(server.directory, name);
      writeFiles(server.directory, {
        "tree/a.txt": "a",
        "schema.json": '{"type": "object", "required": ["k"]}',
        "other.json": '{"type": "object", "required": ["l"]}',
        "good.json": '{"k": 1}',
        "bad.json": '{"j": 1}',
      });
      const push = (...rest: string[]) => runRemotely(server, ["push", at("tree"), ...WHO, ...rest]);
      assert.equal((await push("--metadata", at("good.json"), "--schema", "tests.v1")).exitCode, 3);
      const fromFile = `tests.v1=${at("schema.json")}`;
      assert.equal((await push("--metadata", at("bad.json"), "--schema", fromFile)).exitCode, 8);
      assert.equal((await push("--metadata", at("good.json"), "--schema", fromFile)).exitCode, 0);
      assert.equal((await push("--metadata", at("good.json"), "--schema", "tests.v1")).exitCode, 0);
      const conflicting = `tests.v1=${at("other.json")}`;
      assert.equal((await push("--metadata", at("good.json"), "--schema", conflicting)).exitCode, 4);
    }));
});

describe("reading through a server", () => {
  it("pulls what was pushed, and will not write over anything", () =>
    withServer(async (server) => {
      const tree = join(server.directory, "tree");
      const target = join(server.directory, "target");
      writeTree(tree);
      const { package_id: id, manifest_digest } = await json(server, "push", tree, ...WHO);
      const pulled = await json(server, "pull", id, target);
      assert.deepEqual([pulled.manifest_digest, pulled.file_count], [manifest_digest, 6]);
      for (const path of ["a.txt", "d/empty", "d/ü b%.json", "mid.bin", "large.bin", "same.bin"])
        assert.deepEqual(readFileSync(join(target, path)), readFileSync(join(tree, path)));
      assert.equal((await runRemotely(server, ["pull", id, target])).exitCode, 4);
      unlinkSync(join(target, "a.txt"));
      assert.equal((await json(server, "pull", id, target, "--force")).file_count, 6);
    }));

  it("verifies on this side, and names every file that is damaged or lost", () =>
    withServer(async (server) => {
      const tree = join(server.directory, "tree");
      writeTree(tree);
      const { package_id: id } = await json(server, "push", tree, ...WHO);
      const sound = await json(server, "verify", id);
      assert.deepEqual([sound.verified, sound.file_count, sound.blobs_read], [true, 6, 5]);
      for await (const file of clientOf(server).packages.files(id)) {
        if (file.relative_path !== "large.bin" && file.relative_path !== "mid.bin") continue;
        await spoil(server, file.content_address, file.relative_path === "mid.bin");
      }
      const { exitCode, stdout } = await runRemotely(server, ["verify", id]);
      assert.equal(exitCode, 5);
      const { failures, verified } = JSON.parse(stdout);
      assert.equal(verified, false);
      assert.deepEqual(failures.map(({ path }: { path: string }) => path).sort(), [
        "large.bin",
        "mid.bin",
        "same.bin",
      ]);
      const pull = await runRemotely(server, ["pull", id, join(server.directory, "target")]);
      assert.equal(pull.exitCode, 5, pull.stderr);
    }));

  it("prints the documents of the direct commands", () =>
    withServer(async (server) => {
      const tree = join(server.directory, "tree");
      writeTree(tree);
      const argv = ["push", tree, ...WHO, "--external-id", "x"];
      const here = (await direct(server, ...argv)).package_id;
      const there = (await json(server, ...argv)).package_id;
      const keys = (value: object) => Object.keys(value).sort();
      for (const words of [
        ["packages", "list"],
        ["packages", "show", "ID"],
        ["packages", "show", "ID", "--files"],
      ]) {
        const of = (id: string) => words.map((word) => (word === "ID" ? id : word));
        const [one, two] = [await direct(server, ...of(here)), await json(server, ...of(there))];
        assert.deepEqual(keys(two), keys(one), words.join(" "));
        if (Array.isArray(one.items)) assert.deepEqual(keys(two.items[0]), keys(one.items[0]));
      }
      for (const format of ["jcs", "cbor"]) {
        const one = await runCliHere(["manifest", here, "--format", format], {
          workingDirectory: join(server.directory, "direct"),
        });
        const two = await runRemotely(server, ["manifest", there, "--format", format]);
        assert.deepEqual(two.bytes, one.bytes);
      }
      assert.equal((await json(server, "manifest", there)).package_id, there);
      const filtered = await json(server, "packages", "list", "--external-id", "y");
      assert.deepEqual(filtered, { items: [], next_cursor: null });
      const absent = "0192d000-0000-7000-8000-000000000000";
      for (const words of [
        ["packages", "show", absent],
        ["manifest", absent],
        ["verify", absent],
        ["schema", "show", "n.n"],
      ])
        assert.equal((await runRemotely(server, words)).exitCode, 3, words.join(" "));
      assert.equal((await json(server, "health")).status, "ok");
    }));

  it("prints events, and follows them until it is interrupted", () =>
    withServer(async (server) => {
      const { id } = await clientOf(server).packages.create(PACKAGE);
      const lines = (text: string) =>
        text
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line).sequence);
      assert.deepEqual(lines((await runRemotely(server, ["events"])).stdout), [1, 2]);
      assert.deepEqual(
        lines((await runRemotely(server, ["events", "--since", "1", "--subject", id])).stdout),
        [2],
      );
      assert.deepEqual(lines((await runRemotely(server, ["events", "--limit", "1"])).stdout), [1]);
      const following = runRemotely(server, ["events", "--follow", "--limit", "4"]);
      await clientOf(server).packages.create(PACKAGE);
      assert.deepEqual(lines((await following).stdout), [1, 2, 3, 4]);
    }));

  it("abandons, and registers schemas", () =>
    withServer(async (server) => {
      const { id } = await clientOf(server).packages.create(PACKAGE);
      const abandoned = await json(server, "packages", "abandon", id, "--reason", "why");
      assert.deepEqual([abandoned.status, abandoned.reason], ["abandoned", "why"]);
      assert.notEqual(abandoned.abandoned_at, null);
      assert.equal((await runRemotely(server, ["packages", "abandon", id, "--reason", "why"])).exitCode, 4);
      const schema = join(server.directory, "schema.json");
      writeFileSync(schema, "{}");
      assert.equal((await json(server, "schema", "register", "tests.v1", schema)).reused_existing, false);
      assert.equal((await json(server, "schema", "register", "tests.v1", schema)).reused_existing, true);
      assert.deepEqual((await json(server, "schema", "show", "tests.v1")).json_schema, {});
      assert.equal((await json(server, "schema", "list")).items.length, 1);
    }));
});

describe("guide-board through a server", () => {
  it("gives the same manifest digest as a direct ingest, and is idempotent by run id", () =>
    withServer(async (server) => {
      const run = join(server.directory, "run");
      writeGuideBoardRun(run, {});
      const here = await direct(server, "guide-board", "ingest", run);
      assert.equal((await json(server, "guide-board", "register-schema")).reused_existing, false);
      const there = await json(server, "guide-board", "ingest", run, "--api", server.url);
      assert.deepEqual({ ...there, package_id: "" }, { ...here, package_id: "" });
      const again = await json(server, "guide-board", "ingest", run, "--api", server.url);
      assert.deepEqual([again.package_id, again.reused_existing], [there.package_id, true]);

      const report = join(run, "reports", "report.md");
      writeFileSync(report, "other");
      utimesSync(report, 1, 1);
      const conflict = await runRemotely(server, ["guide-board", "ingest", run, "--api", server.url]);
      assert.equal(conflict.exitCode, 4, conflict.stderr);
      const words = ["--supersedes", there.package_id, "--reason", "wrong report"];
      const corrected = await json(server, "guide-board", "ingest", run, "--api", server.url, ...words);
      assert.equal(corrected.external_id, `${there.external_id}#2`);
    }));
});

/** Loses or changes a blob below the server's feet. */
async function spoil(server: TestServer, address: string, isLost: boolean): Promise<void> {
  const hex = address.slice("blake3:".length);
  const path = join(server.registry.ownPaths[1] ?? "", "blake3", hex.slice(0, 2), hex.slice(2, 4), hex);
  const bytes = readFileSync(path);
  unlinkSync(path);
  if (isLost) return;
  bytes[10] = (bytes[10] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}
