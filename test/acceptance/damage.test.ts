import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { outputOf } from "../support/external-tools.ts";
import { writeGuideBoardRun } from "../support/guide-board-run.ts";
import { Installation } from "../support/installation.ts";
import { PROGRAM_FORM } from "../support/program.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const PLAIN = "artifacts/open-cmis-tck/raw/0000/0000000.bin";
const PACKED = "reports/report.md";

interface Entry {
  readonly path: string;
  readonly content_address: string;
}

interface Scene {
  readonly directory: string;
  readonly run: string;
  readonly installation: Installation;
  readonly packageId: string;
  addressOf(path: string): string;
}

/** A package with plain blobs and packed ones, of which nothing is damaged yet. */
function withPackage(work: (scene: Scene) => Promise<void>): Promise<void> {
  return withTemporaryDirectory(async (directory) => {
    const run = join(directory, "run");
    writeGuideBoardRun(run, { extraFiles: 2, fileSizeBytes: 70_000 });
    const installation = new Installation(join(directory, "registry"));
    const { package_id: packageId } = await installation.ingest(run);
    const { manifest } = await installation.json<{ manifest: { files: readonly Entry[] } }>([
      "manifest",
      packageId,
    ]);
    const addresses = new Map(manifest.files.map((file) => [file.path, file.content_address]));
    const addressOf = (path: string) => addresses.get(path) ?? assert.fail(`no file ${path}`);
    await work({ directory, run, installation, packageId, addressOf });
  });
}

/** `verify` and `doctor` both find it and say what it is. */
async function isFound({ installation, packageId }: Scene, named: RegExp): Promise<void> {
  const verified = await installation.run(["verify", packageId]);
  assert.equal(verified.exitCode, 5, verified.stderr);
  assert.match(verified.stderr, named);
  const { verified: fine, failures } = JSON.parse(verified.stdout);
  assert.equal(fine, false);
  assert.match(JSON.stringify(failures), named);
  const examined = await installation.run(["doctor", "--deep"]);
  assert.equal(examined.exitCode, 5, examined.stdout);
  assert.match(examined.stdout, named);
}

/** `pull` says which file it is, and leaves nothing under that name. */
async function isNotPulled({ directory, installation, packageId }: Scene, path: string): Promise<void> {
  const target = join(directory, "pulled");
  const pulled = await installation.run(["pull", packageId, target]);
  assert.equal(pulled.exitCode, 5, pulled.stderr);
  assert.ok(pulled.stderr.includes(path), pulled.stderr);
  assert.equal(existsSync(join(target, path)), false);
}

function flipBit(bytes: Uint8Array): Uint8Array {
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 0x10;
  return bytes;
}

function hexOf(address: string): Uint8Array {
  return new Uint8Array(Buffer.from(address.slice("blake3:".length), "hex"));
}

describe(`a package that is well (${PROGRAM_FORM})`, () => {
  it("verifies, and is pulled as a tree that diff calls equal", () =>
    withPackage(async ({ directory, run, installation, packageId }) => {
      const head = await installation.head();
      const { verified } = await installation.json<{ verified: boolean }>(["verify", packageId]);
      assert.equal(verified, true);
      assert.deepEqual(await installation.head(), head);
      await installation.json(["pull", packageId, join(directory, "pulled")]);
      assert.equal(outputOf("diff", ["-r", run, join(directory, "pulled")]), "");
      await installation.json(["log", "replay", "--check"]);
    }));
});

describe(`damage is found, named, and not handed out (${PROGRAM_FORM})`, () => {
  it("one bit of a plain blob", () =>
    withPackage(async (scene) => {
      const path = scene.installation.blobPath(scene.addressOf(PLAIN));
      const bytes = flipBit(readFileSync(path));
      rmSync(path);
      writeFileSync(path, bytes);
      await isFound(scene, /0000000\.bin/);
      await isNotPulled(scene, PLAIN);
    }));

  it("one bit of a packed blob", () =>
    withPackage(async (scene) => {
      const key = hexOf(scene.addressOf(PACKED));
      scene.installation.tamperContainer((container) => {
        const row = container.prepare("SELECT bytes FROM blobs WHERE content_address = ?").get([key]);
        assert.ok(row?.["bytes"] instanceof Uint8Array);
        container
          .prepare("UPDATE blobs SET bytes = ? WHERE content_address = ?")
          .run([flipBit(row["bytes"]), key]);
      });
      await isFound(scene, /reports\/report\.md/);
      await isNotPulled(scene, PACKED);
    }));

  it("a blob cut short", () =>
    withPackage(async (scene) => {
      const path = scene.installation.blobPath(scene.addressOf(PLAIN));
      outputOf("chmod", ["u+w", path]);
      truncateSync(path, 69_999);
      await isFound(scene, /0000000\.bin/);
      await isNotPulled(scene, PLAIN);
    }));

  it("a blob that is gone, which the next ingest of the run stores again", () =>
    withPackage(async (scene) => {
      const { installation } = scene;
      rmSync(installation.blobPath(scene.addressOf(PLAIN)));
      await isFound(scene, /0000000\.bin/);
      await isNotPulled(scene, PLAIN);
      const again = await installation.ingest(scene.run);
      assert.equal(again.reused_existing, true);
      assert.deepEqual(
        (again["restored"] as { path: string }[]).map(({ path }) => path),
        [PLAIN],
      );
      await installation.isSound("--deep");
    }));

  it("a packed blob that is gone", () =>
    withPackage(async (scene) => {
      scene.installation.tamperContainer((container) => {
        const key = hexOf(scene.addressOf(PACKED));
        assert.equal(container.prepare("DELETE FROM blobs WHERE content_address = ?").run([key]), 1);
      });
      await isFound(scene, /reports\/report\.md/);
      await isNotPulled(scene, PACKED);
    }));

  it("an edited event", () =>
    withPackage(async (scene) => {
      scene.installation.tamper((database) => {
        dropTriggers(database);
        database.exec("UPDATE events SET actor = 'nobody' WHERE sequence = 7");
      });
      await isFound(scene, /event 7\b/);
      const replayed = await scene.installation.run(["log", "replay", "--check"]);
      assert.equal(replayed.exitCode, 5, replayed.stdout);
    }));

  it("a deleted last event", () =>
    withPackage(async (scene) => {
      scene.installation.tamper((database) => {
        dropTriggers(database);
        database.exec("DELETE FROM events WHERE sequence = (SELECT max(sequence) FROM events)");
      });
      await isFound(scene, /\b(27|28)\b/);
      const replayed = await scene.installation.run(["log", "replay", "--check"]);
      assert.equal(replayed.exitCode, 5, replayed.stdout);
    }));
});

/** Whoever edits the file can drop what forbids it. */
function dropTriggers(database: Parameters<Parameters<Installation["tamper"]>[0]>[0]): void {
  for (const { name } of database.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all([])) {
    database.exec(`DROP TRIGGER "${name}"`);
  }
}
