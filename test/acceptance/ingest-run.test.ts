import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { writeGuideBoardRun } from "../support/guide-board-run.ts";
import { Installation } from "../support/installation.ts";
import { PROGRAM_FORM } from "../support/program.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

/** Of the generated run of 23 files with seed 1: a manifest depends on content alone, so this never changes. */
const MANIFEST_DIGEST = "blake3:d3d6c62b9eb54d98c507ca63bdb1424db22a0db08be29278f053a74103d398d2";

describe(`ingest of a run of 23 files (${PROGRAM_FORM})`, () => {
  it("makes one package, ends at sequence 26, and changes nothing when it is repeated", () =>
    withTemporaryDirectory(async (directory) => {
      const run = join(directory, "run");
      assert.equal(writeGuideBoardRun(run).files.length, 23);
      const installation = new Installation(join(directory, "first"));

      const first = await installation.ingest(run);
      assert.deepEqual(Object.keys(first).slice(0, 4), [
        "package_id",
        "manifest_digest",
        "file_count",
        "reused_existing",
      ]);
      assert.match(first.package_id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.equal(first.manifest_digest, MANIFEST_DIGEST);
      assert.equal(first.file_count, 23);
      assert.equal(first.reused_existing, false);
      const head = await installation.head();
      assert.equal(head.sequence, 26);

      const again = await installation.ingest(run);
      assert.deepEqual(again, { ...first, reused_existing: true });
      assert.deepEqual(await installation.head(), head);
    }));

  it("logs created, default_applied, every file in path order, finalized", () =>
    withTemporaryDirectory(async (directory) => {
      const run = join(directory, "run");
      const { files } = writeGuideBoardRun(run);
      const installation = new Installation(directory);
      const { package_id, manifest_digest } = await installation.ingest(run);

      const { stdout } = await installation.run(["events"]);
      const events = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      assert.deepEqual(
        events.map((event) => event.sequence),
        Array.from({ length: 26 }, (_, index) => index + 1),
      );
      assert.deepEqual(
        events.map((event) => event.event_type),
        [
          "v1.package.created",
          "v1.retention.default_applied",
          ...files.map(() => "v1.file.ingested"),
          "v1.package.finalized",
        ],
      );
      assert.deepEqual(
        events.slice(2, 25).map((event) => event.payload.path),
        files.map(({ path }) => path).sort(),
      );
      for (const event of events) {
        assert.equal(event.subject_id, package_id);
        assert.equal(event.actor, "acceptance");
      }
      assert.equal(events[25].payload_digest, manifest_digest);
      await installation.isSound("--deep");
    }));
});
