import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { describeOnBinary } from "../support/describe-on-binary.ts";
import { outputOf, sumsOf, whyWithout } from "../support/external-tools.ts";
import { writeGuideBoardRun } from "../support/guide-board-run.ts";
import { Installation } from "../support/installation.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

interface Entry {
  readonly path: string;
  readonly size_bytes: number;
  readonly content_address: string;
  readonly sha256: string;
}

/** Python as the distribution has it, for which the distribution's packages are. */
const PYTHON = "/usr/bin/python3";

const sumsMissing =
  whyWithout("b3sum", ["b3sum", "--version"]) || whyWithout("sha256sum", ["sha256sum", "--version"]);
const decoderMissing = whyWithout("python3-cbor2", [PYTHON, "-c", "import cbor2"]);

/** Reads a manifest, encodes what it read, and prints a summary. */
const DECODER = `
import cbor2, json, sys
data = open(sys.argv[1], "rb").read()
manifest = cbor2.loads(data)
print(json.dumps({
    "same": cbor2.dumps(manifest, canonical=True) == data,
    "keys": sorted(manifest),
    "files": manifest["files"],
    "version": manifest["manifest_version"],
}))
`;

async function ingestedRun(directory: string) {
  const run = join(directory, "run");
  writeGuideBoardRun(run, { extraFiles: 3, fileSizeBytes: 100_000 });
  const installation = new Installation(join(directory, "registry"));
  const ingested = await installation.ingest(run);
  const { manifest } = await installation.json<{ manifest: { files: readonly Entry[] } }>([
    "manifest",
    ingested.package_id,
  ]);
  return { run, installation, ingested, files: manifest.files };
}

describeOnBinary("digests as other tools compute them", () => {
  it("of every file: b3sum and sha256sum", { skip: sumsMissing }, () =>
    withTemporaryDirectory(async (directory) => {
      const { run, files } = await ingestedRun(directory);
      assert.equal(files.length, 26);
      const paths = files.map(({ path }) => join(run, path));
      assert.deepEqual(
        sumsOf("b3sum", paths).map((sum) => `blake3:${sum}`),
        files.map((file) => file.content_address),
      );
      assert.deepEqual(
        sumsOf("sha256sum", paths),
        files.map((file) => file.sha256),
      );
    }),
  );

  it("of every stored blob: by its name, through cat, and as a plain file", { skip: sumsMissing }, () =>
    withTemporaryDirectory(async (directory) => {
      const { installation, files } = await ingestedRun(directory);
      const sizes = new Map(files.map((file) => [file.content_address, file.size_bytes]));
      for (const [address, size] of sizes) {
        assert.equal(existsSync(installation.blobPath(address)), size > 65_536);
      }
      // Every program start costs: three blobs of each kind stand for the others.
      const large = [...sizes.keys()].filter((address) => (sizes.get(address) ?? 0) > 65_536).slice(0, 1);
      const small = [...sizes.keys()].filter((address) => (sizes.get(address) ?? 0) <= 65_536).slice(0, 2);
      for (const address of [...small, ...large]) {
        const { exitCode, bytes, stderr } = await installation.run(["storage", "cat", address]);
        assert.equal(exitCode, 0, stderr);
        assert.equal(bytes.length, sizes.get(address));
        const copy = join(directory, "copy");
        writeFileSync(copy, bytes);
        assert.deepEqual(
          sumsOf("b3sum", [copy]).map((sum) => `blake3:${sum}`),
          [address],
        );
      }

      const head = await installation.head();
      await installation.json(["storage", "unpack"]);
      assert.deepEqual(await installation.head(), head);
      const plain = readdirSync(join(installation.storeRoot, "blake3"), {
        recursive: true,
        withFileTypes: true,
      }).filter((entry) => entry.isFile());
      assert.deepEqual(plain.map(({ name }) => `blake3:${name}`).sort(), [...sizes.keys()].sort());
      const paths = plain.map((entry) => join(entry.parentPath, entry.name));
      assert.deepEqual(
        sumsOf("b3sum", paths),
        plain.map(({ name }) => name),
      );
      assert.deepEqual(new Set(sumsOf("sha256sum", paths)), new Set(files.map((file) => file.sha256)));
      await installation.isSound("--deep");
      await installation.json(["storage", "pack"]);
      await installation.isSound("--deep");
    }),
  );

  it("of the manifest: b3sum of its CBOR", { skip: sumsMissing }, () =>
    withTemporaryDirectory(async (directory) => {
      const { installation, ingested } = await ingestedRun(directory);
      const { bytes } = await installation.run(["manifest", ingested.package_id, "--format", "cbor"]);
      const saved = join(directory, "manifest.cbor");
      writeFileSync(saved, bytes);
      assert.deepEqual(
        sumsOf("b3sum", [saved]).map((sum) => `blake3:${sum}`),
        [ingested.manifest_digest],
      );
    }),
  );

  it("the manifest through an independent decoder and encoder", { skip: decoderMissing }, () =>
    withTemporaryDirectory(async (directory) => {
      const { run, installation, ingested, files } = await ingestedRun(directory);
      const { bytes } = await installation.run(["manifest", ingested.package_id, "--format", "cbor"]);
      const saved = join(directory, "manifest.cbor");
      writeFileSync(saved, bytes);
      const read = JSON.parse(outputOf(PYTHON, ["-c", DECODER, saved]));
      assert.equal(read.same, true);
      assert.equal(read.version, 1);
      assert.deepEqual(read.keys, [
        ...["files", "manifest_version", "package", "provenance", "retention_summary", "storage_receipts"],
      ]);
      assert.deepEqual(read.files, files);

      const whole = await installation.run(["verify", "--manifest", saved, run]);
      assert.equal(whole.exitCode, 0, whole.stderr);
      const report = join(run, "reports/report.md");
      writeFileSync(report, Buffer.concat([readFileSync(report), Buffer.from("\n")]));
      const changed = await installation.run(["verify", "--manifest", saved, run]);
      assert.equal(changed.exitCode, 5);
      assert.match(changed.stderr, /reports\/report\.md/);
    }),
  );
});
