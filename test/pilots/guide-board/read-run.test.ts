import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type ReadRunOptions, readRun } from "../../../src/pilots/guide-board/read-run.ts";
import type { RunPlan } from "../../../src/pilots/guide-board/run-plan.ts";
import { checkSchema } from "../../../src/schema/metadata-schema.ts";
import { type GuideBoardRunOptions, writeGuideBoardRun } from "../../support/guide-board-run.ts";
import { rejectsWithCode } from "../../support/rejects-with-code.ts";
import { withTemporaryDirectory } from "../../support/temporary-directory.ts";

const FIXTURE = fileURLToPath(new URL("../../fixtures/guide-board", import.meta.url));

type Json = Record<string, unknown>;

/** Replaces members of one of a run's documents; `undefined` removes one. */
function edit(run: string, path: string, members: Json): void {
  const place = join(run, path);
  const document = { ...(JSON.parse(readFileSync(place, "utf8")) as Json), ...members };
  writeFileSync(place, JSON.stringify(document));
}

async function planOf(
  written: GuideBoardRunOptions,
  arrange: (run: string) => void,
  options: ReadRunOptions = {},
): Promise<RunPlan> {
  return await withTemporaryDirectory(async (run) => {
    writeGuideBoardRun(run, written);
    arrange(run);
    return await readRun(run, options);
  });
}

/** What must not depend on where and when a run was read. */
function sealed(plan: RunPlan): unknown {
  const { name, externalId, subject, metadata, provenance, warnings, files } = plan;
  const parts = files.map((file) => [file.path, file.sizeBytes, file.declared]);
  return { name, externalId, subject, metadata, provenance, warnings, parts };
}

function pathsOf(plan: RunPlan): readonly string[] {
  return plan.files.map((file) => file.path);
}

const NOTHING = (): void => undefined;

describe("readRun", () => {
  it("reads the fixture: 23 files, what the run says of itself, digests of the declared ones", async () => {
    const plan = await readRun(FIXTURE);
    assert.equal(plan.runId, "run-20260508T164334Z");
    assert.equal(plan.name, plan.runId);
    assert.equal(plan.externalId, plan.runId);
    assert.equal(plan.subject, "kontextual-cmis-compat");
    assert.equal(plan.files.length, 23);
    assert.equal(plan.files.filter((file) => file.declared?.sha256 !== undefined).length, 11);
    assert.deepEqual(plan.provenance, { run_id: plan.runId, source_commits: {} });
    assert.deepEqual(Object.keys(plan.metadata).toSorted(), [
      "assessment_profile_ref",
      "evidence_counts",
      "finding_counts",
      "report_paths",
      "result_status",
      "retention_policy",
      "run_id",
      "source_commits",
      "target_profile_ref",
    ]);
    assert.deepEqual(plan.metadata.retention_policy, { summary_days: 365, raw_artifact_days: 30 });
    assert.deepEqual(plan.warnings, []);
  });

  it("holds the fixture to be what the generator writes", async () => {
    const generated = await planOf({}, NOTHING);
    assert.deepEqual(sealed(generated), sealed(await readRun(FIXTURE)));
  });

  it("reads all three layouts", async () => {
    const counts: number[] = [];
    for (const generation of [1, 2, 3] as const)
      counts.push((await planOf({ generation }, NOTHING)).files.length);
    assert.deepEqual(counts, [23, 27, 28]);
  });

  it("answers the same for a copy elsewhere, with other times, under a relative name", async () => {
    await withTemporaryDirectory(async (directory) => {
      const copy = join(directory, "another name");
      cpSync(FIXTURE, copy, { recursive: true });
      for (const path of ["run.json", "plan.json"]) utimesSync(join(copy, path), 1, 1);
      assert.deepEqual(sealed(await readRun(copy)), sealed(await readRun(FIXTURE)));
    });
  });

  it("takes commits and extensions from the lock, without the host's paths", async () => {
    const plan = await planOf({ generation: 2 }, NOTHING);
    assert.deepEqual(Object.keys(plan.provenance.source_commits ?? {}).toSorted(), [
      "guide-board",
      "open-cmis-tck",
    ]);
    assert.deepEqual(plan.provenance.extensions, [{ id: "open-cmis-tck", version: "0.3.0" }]);
    assert.equal(JSON.stringify(plan.provenance).includes("../"), false);
  });

  it("prefers the run's own commits and adds the caller's, saying which were not taken", async () => {
    const plan = await planOf(
      { run: { source_commits: { core: "aaaaaaaaaa", nested: { commit: "bbbbbbbbbb" }, nothing: null } } },
      NOTHING,
      { sourceCommits: { core: "cccccccccc", tool: "dddddddddd" } },
    );
    assert.deepEqual(plan.metadata.source_commits, {
      core: "aaaaaaaaaa",
      nested: "bbbbbbbbbb",
      tool: "dddddddddd",
    });
    assert.equal(plan.warnings.length, 1);
    await rejectsWithCode("invalid_input", planOf({}, NOTHING, { sourceCommits: { core: "main" } }));
  });

  it("derives counts and report paths that the run does not state", async () => {
    const plan = await planOf({ withoutSummaries: true, run: { report_paths: null } }, NOTHING);
    const stated = await planOf({}, NOTHING);
    assert.deepEqual(plan.metadata.evidence_counts, {
      ...(stated.metadata.evidence_counts as Json),
      total: 24,
    });
    assert.deepEqual(plan.metadata.finding_counts, { ...(stated.metadata.finding_counts as Json), total: 5 });
    assert.equal((plan.metadata.report_paths as string[]).includes("reports/report.md"), true);
  });

  it("does without every document but run.json", async () => {
    const plan = await planOf({}, (run) => {
      for (const path of ["retention-summary.json", "plan.json", "normalized", "reports"]) {
        rmSync(join(run, path), { recursive: true });
      }
      edit(run, "run.json", { report_paths: undefined });
    });
    assert.deepEqual(plan.metadata.evidence_counts, {});
    assert.deepEqual(plan.metadata.report_paths, []);
    assert.equal(
      plan.files.every((file) => file.declared === undefined),
      true,
    );
  });

  it("takes other spellings, and keys that nobody foresaw", async () => {
    const plan = await planOf({}, (run) => {
      edit(run, "run.json", {
        run_id: undefined,
        id: "other-run",
        status: undefined,
        target_profile_ref: { id: "target-by-id", path: "/srv/profiles/x.json" },
        future: { deep: [1, { "": null }] },
      });
      edit(run, "retention-summary.json", { run_id: "other-run", status: "infrastructure_error" });
    });
    assert.equal(plan.runId, "other-run");
    assert.equal(plan.subject, "target-by-id");
    assert.equal(plan.metadata.result_status, "infrastructure_error");
  });

  it("makes absolute report paths relative, and refuses those that lead elsewhere", async () => {
    const inside = {
      report: "/srv/runs/some run/reports/report.md",
      windows: "C:\\runs\\x\\reports\\report.md",
      dotted: "./reports/report.md",
      nested: { path: "/srv/reports/opencmis-log-review.md", media_type: "text/markdown" },
      hub: "https://hub.example/reports/1",
    };
    const plan = await planOf({}, (run) => edit(run, "retention-summary.json", { report_paths: inside }));
    assert.deepEqual(plan.metadata.report_paths, {
      report: "reports/report.md",
      windows: "reports/report.md",
      dotted: "reports/report.md",
      nested: { path: "reports/opencmis-log-review.md", media_type: "text/markdown" },
      hub: "https://hub.example/reports/1",
    });
    const outside = ["/etc/passwd", "../elsewhere/report.md", "reports/../run.json", "reports\\report.md"];
    const error = await rejectsWithCode(
      "invalid_path",
      planOf({}, (run) => edit(run, "retention-summary.json", { report_paths: outside })),
    );
    assert.deepEqual(
      error.errors.map((field) => field.pointer),
      ["/report_paths/0", "/report_paths/1", "/report_paths/2", "/report_paths/3"],
    );
  });

  it("warns of names that often hold credentials, and of a summary of another run", async () => {
    const plan = await planOf({}, (run) => {
      for (const name of ["session.properties", ".env", "tls.pem", "tls.key", "plain.txt"]) {
        writeFileSync(join(run, "artifacts", name), "x");
      }
      edit(run, "retention-summary.json", { run_id: "another" });
    });
    assert.equal(plan.warnings.length, 5);
    assert.equal(
      plan.warnings.some((warning) => warning.includes("plain.txt")),
      false,
    );
  });

  it("validates by another schema where one is given", async () => {
    const schema = await checkSchema("guide-board.run.v1", { required: ["ticket"] });
    const error = await rejectsWithCode("invalid_metadata", planOf({}, NOTHING, { schema }));
    assert.deepEqual(
      error.errors.map((field) => field.pointer),
      ["/ticket"],
    );
    const plan = await planOf({}, NOTHING, { schema: await checkSchema("guide-board.run.v1", {}) });
    assert.equal(plan.files.length, 23);
  });
});

describe("readRun of a part", () => {
  it("keeps with --declared-only what is declared and the run's own documents", async () => {
    const plan = await planOf(
      { generation: 2 },
      (run) => {
        writeFileSync(join(run, "artifacts/session.properties"), "password=x");
        mkdirSync(join(run, "scratch"));
        writeFileSync(join(run, "scratch/file"), "x");
      },
      { declaredOnly: true },
    );
    const paths = pathsOf(plan);
    assert.equal(paths.length, 25);
    for (const path of ["artifacts/session.properties", "scratch/file", "sources.lock.json"]) {
      assert.equal(paths.includes(path), false, path);
    }
    assert.deepEqual(plan.warnings, []);
  });

  it("leaves out what globs match and records the globs", async () => {
    const plan = await planOf(
      {},
      (run) => writeFileSync(join(run, "artifacts/session.properties"), "password=x"),
      { exclude: ["session.properties", "absent/**"] },
    );
    assert.equal(plan.files.length, 23);
    assert.deepEqual(plan.excludedPaths, ["artifacts/session.properties"]);
    assert.deepEqual(plan.provenance.excluded, ["absent/**", "session.properties"]);
    assert.equal(plan.warnings.length, 1);
  });

  it("does not let a declared file or one of the run's documents be left out", async () => {
    for (const glob of [
      "artifacts/**",
      "artifacts",
      "stdout.log",
      "*.json",
      "reports/assessment-package.json",
    ]) {
      await rejectsWithCode("invalid_input", planOf({}, NOTHING, { exclude: [glob] }));
    }
  });
});
