import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { ArtifactstoreError, ErrorCode } from "../../../src/core/errors.ts";
import { type ReadRunOptions, readRun } from "../../../src/pilots/guide-board/read-run.ts";
import { writeGuideBoardRun } from "../../support/guide-board-run.ts";
import { rejectsWithCode } from "../../support/rejects-with-code.ts";
import { makeFifo } from "../../support/special-files.ts";
import { withTemporaryDirectory } from "../../support/temporary-directory.ts";

const PACKAGE = "reports/assessment-package.json";
const RAW = "artifacts/open-cmis-tck/preflight.json";

async function refusal(
  code: ErrorCode,
  arrange: (run: string) => void,
  options: ReadRunOptions = {},
): Promise<ArtifactstoreError> {
  return await withTemporaryDirectory(async (run) => {
    writeGuideBoardRun(run);
    arrange(run);
    return await rejectsWithCode(code, readRun(run, options));
  });
}

function declare(artifactManifest: unknown): (run: string) => void {
  return (run) => writeFileSync(join(run, PACKAGE), JSON.stringify({ artifact_manifest: artifactManifest }));
}

describe("a directory that is no run", () => {
  it("is refused when it is absent, a file, empty, or has no run.json", async () => {
    await withTemporaryDirectory(async (directory) => {
      writeFileSync(join(directory, "file"), "x");
      mkdirSync(join(directory, "empty"));
      for (const name of ["absent", "file", "empty", "."]) {
        await rejectsWithCode("not_a_run", readRun(join(directory, name)));
      }
    });
  });

  it("is refused when run.json is a directory, no object, or names no run", async () => {
    await refusal("not_a_run", (run) => {
      rmSync(join(run, "run.json"));
      mkdirSync(join(run, "run.json"));
    });
    for (const text of ["[]", "null", '"run"', "{}", '{"run_id": ""}', '{"run_id": 7}']) {
      await refusal("not_a_run", (run) => writeFileSync(join(run, "run.json"), text));
    }
  });
});

describe("documents that are no strict JSON", () => {
  it("are refused: cut short, duplicate keys, lone surrogates, U+0000, integers out of range, no UTF-8", async () => {
    const texts = [
      "",
      "{",
      '{"run_id":"a","run_id":"b"}',
      '{"run_id":"\\ud800"}',
      '{"run_id":"\\u0000"}',
      '{"n":9007199254740993}',
    ];
    for (const path of ["run.json", "retention-summary.json", PACKAGE]) {
      for (const text of texts) await refusal("invalid_json", (run) => writeFileSync(join(run, path), text));
      await refusal("invalid_json", (run) => writeFileSync(join(run, path), Uint8Array.of(0x22, 0xff, 0x22)));
    }
  });

  it("are refused when they are no objects", async () => {
    for (const path of ["retention-summary.json", PACKAGE]) {
      await refusal("invalid_input", (run) => writeFileSync(join(run, path), "[]"));
    }
  });
});

describe("declared files", () => {
  it("must be there, each missing one named", async () => {
    const error = await refusal("source_refused", (run) => {
      rmSync(join(run, RAW));
      rmSync(join(run, "artifacts/open-cmis-tck/tck/object-content/stdout.log"));
    });
    assert.deepEqual(error.errors.map((field) => field.pointer).toSorted(), [
      RAW,
      "artifacts/open-cmis-tck/tck/object-content/stdout.log",
    ]);
  });

  it("must have their declared size", async () => {
    const shorter = await refusal("digest_mismatch", (run) => truncateSync(join(run, RAW), 10));
    assert.deepEqual(
      shorter.errors.map((field) => field.pointer),
      [RAW],
    );
    await refusal("digest_mismatch", (run) => appendFileSync(join(run, RAW), "x"));
  });

  it("must lie inside the run, in every spelling of a declaration", async () => {
    const outside = [
      "../secret",
      "..",
      "/etc/passwd",
      "artifacts/../../x",
      "a\\b",
      "a\u0001b",
      "x".repeat(1025),
    ];
    for (const path of outside) {
      const entry = { path, sha256: "0".repeat(64) };
      for (const manifest of [
        [entry],
        { artifacts: [entry] },
        { [path]: { size: 1 } },
        [path],
        [{ ref: path }],
      ]) {
        const error = await refusal("invalid_path", declare(manifest));
        assert.equal(error.errors.length, 1);
      }
    }
  });

  it("cannot be a directory or a symlink", async () => {
    await refusal("source_refused", declare(["artifacts"]));
    await refusal("source_refused", (run) => {
      declare(["link"])(run);
      symlinkSync("run.json", join(run, "link"));
    });
  });

  it("cannot be declared twice with different contents, or with what is no digest or size", async () => {
    await refusal(
      "digest_mismatch",
      declare([
        { path: RAW, sha256: "0".repeat(64) },
        { path: RAW, sha256: "1".repeat(64) },
      ]),
    );
    await refusal("invalid_input", declare([{ path: RAW, sha256: "abc" }]));
    for (const size of [-1, 1.5, "ten", {}]) await refusal("invalid_input", declare([{ path: RAW, size }]));
  });
});

describe("special files in a run", () => {
  it("are refused wherever they are", async () => {
    await refusal("source_refused", (run) => symlinkSync("/etc/passwd", join(run, "artifacts/link")));
    await refusal("source_refused", (run) => makeFifo(join(run, "artifacts/pipe")));
    await refusal("source_refused", (run) => {
      const text = readFileSync(join(run, "run.json"));
      rmSync(join(run, "run.json"));
      writeFileSync(join(run, "real.json"), text);
      symlinkSync("real.json", join(run, "run.json"));
    });
  });

  it("are refused with --declared-only only where something is wanted", async () => {
    const options = { declaredOnly: true };
    await refusal("source_refused", (run) => symlinkSync("/etc", join(run, "reports/link")), options);
    await refusal(
      "source_refused",
      (run) => {
        rmSync(join(run, "normalized"), { recursive: true });
        symlinkSync("reports", join(run, "normalized"));
      },
      options,
    );
    await withTemporaryDirectory(async (run) => {
      writeGuideBoardRun(run);
      symlinkSync("/etc", join(run, "artifacts/link"));
      assert.equal((await readRun(run, options)).files.length, 23);
    });
  });
});

describe("metadata that fails its schema", () => {
  it("is refused with every violation at once", async () => {
    const error = await refusal("invalid_metadata", (run) => {
      writeFileSync(join(run, "run.json"), '{"run_id": "r", "status": 7, "source_commits": {"a": ""}}');
      writeFileSync(
        join(run, "retention-summary.json"),
        '{"evidence_counts": [1], "finding_counts": {"high": -1}}',
      );
    });
    assert.deepEqual(error.errors.map((field) => field.pointer).toSorted(), [
      "/assessment_profile_ref",
      "/evidence_counts",
      "/finding_counts/high",
      "/result_status",
      "/source_commits/a",
      "/target_profile_ref",
    ]);
  });
});
