import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { writeGuideBoardRun } from "../support/guide-board-run.ts";
import { Installation } from "../support/installation.ts";
import { PROGRAM_FORM } from "../support/program.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const REPORT = "reports/report.md";

describe(`the manifest digest depends on content alone (${PROGRAM_FORM})`, () => {
  it("is the same in another store, on another path, with other retention, from another path", () =>
    withTemporaryDirectory(async (directory) => {
      const run = join(directory, "run");
      writeGuideBoardRun(run);
      const first = await new Installation(join(directory, "first")).ingest(run);

      const copy = join(directory, "elsewhere", "copy of the run");
      cpSync(run, copy, { recursive: true });
      const retention = join(directory, "retention.toml");
      writeFileSync(retention, "[classes.release-evidence]\ndefault_duration_seconds = 3600\n");
      const second = new Installation(join(directory, "second"), {
        storeRoot: join(directory, "a store somewhere else"),
        environment: {
          ARTIFACTSTORE_RETENTION_CONFIG_PATH: retention,
          ARTIFACTSTORE_STORAGE_LOCAL_PACK_MAX_BYTES: "0",
          ARTIFACTSTORE_ACTOR: "somebody else",
        },
      });
      const there = await second.ingest(copy);
      assert.equal(there.manifest_digest, first.manifest_digest);
      assert.notEqual(there.package_id, first.package_id);
    }));
});

describe(`a run that has changed (${PROGRAM_FORM})`, () => {
  it("is a conflict that names the file, and a second package when it supersedes", () =>
    withTemporaryDirectory(async (directory) => {
      const run = join(directory, "run");
      writeGuideBoardRun(run);
      const installation = new Installation(directory);
      const first = await installation.ingest(run);

      const bytes = readFileSync(join(run, REPORT));
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      writeFileSync(join(run, REPORT), bytes);
      const head = await installation.head();
      const refused = await installation.refuses("content_conflict", ["guide-board", "ingest", run]);
      assert.ok(refused.stderr.includes(REPORT), refused.stderr);
      assert.deepEqual(await installation.head(), head);

      const second = await installation.ingest(
        run,
        "--supersedes",
        first.package_id,
        "--reason",
        "the report was corrected",
      );
      assert.notEqual(second.package_id, first.package_id);
      assert.notEqual(second.manifest_digest, first.manifest_digest);
      assert.equal(second.reused_existing, false);
      assert.equal(second["external_id"], "run-20260508T164334Z#2");
      const { manifest } = await installation.json<{ manifest: { provenance: Record<string, unknown> } }>([
        "manifest",
        second.package_id,
      ]);
      assert.equal(manifest.provenance["supersedes"], first.manifest_digest);
      assert.equal(await installation.finalizedCount(), 2);
    }));

  it("is a conflict under another retention class too", () =>
    withTemporaryDirectory(async (directory) => {
      const run = join(directory, "run");
      writeGuideBoardRun(run);
      const installation = new Installation(directory);
      await installation.ingest(run);
      await installation.refuses("retention_class_conflict", [
        ...["guide-board", "ingest", run, "--retention-class", "transient"],
      ]);
    }));
});
