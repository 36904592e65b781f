import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  CHECK_GROUPS,
  countBy,
  evidenceItems,
  findings,
  invocation,
  logReview,
  logReviewMarkdown,
  mappings,
  type RunFacts,
  rawPath,
  reportMarkdown,
  runnerLog,
  scorecard,
  scorecardMarkdown,
} from "./guide-board-documents.ts";
import { SeededRandom } from "./random-bytes.ts";

export interface GuideBoardRunOptions {
  /** 1: the first layout, 23 files. 2: that of 2026-05-16, 27 files. 3: an archived copy of that, 28 files. */
  readonly generation?: 1 | 2 | 3;
  readonly runId?: string;
  readonly seed?: number;
  /** Further raw files below `artifacts/`, declared like the others. */
  readonly extraFiles?: number;
  /** Of each of them, bytes. */
  readonly fileSizeBytes?: number;
  /** Members that replace those of `run.json`. */
  readonly run?: Readonly<Record<string, unknown>>;
  /** Leave the counts and report paths out of `retention-summary.json`. */
  readonly withoutSummaries?: boolean;
}

export interface WrittenFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

export interface WrittenRun {
  readonly runId: string;
  /** In the order of writing. */
  readonly files: readonly WrittenFile[];
}

const TARGET = "kontextual-cmis-compat";
const ASSESSMENT = "cmis-browser-baseline";
const FILES_PER_DIRECTORY = 100;

/** Writes a run as guide-board and its scripts leave it. The same options give the same bytes everywhere. */
export function writeGuideBoardRun(directory: string, options: GuideBoardRunOptions = {}): WrittenRun {
  const generation = options.generation ?? 1;
  const facts: RunFacts = {
    runId: options.runId ?? "run-20260508T164334Z",
    targetProfileRef: TARGET,
    assessmentProfileRef: ASSESSMENT,
    status: "completed",
    startedAt: "2026-05-08T16:43:34.000Z",
    completedAt: "2026-05-08T16:45:02.000Z",
  };
  const random = new SeededRandom(options.seed ?? 1);
  const run = new RunWriter(directory);
  const evidence = evidenceItems(facts, random);
  const found = findings(evidence);

  for (const group of CHECK_GROUPS) {
    const log = runnerLog(facts, group, 120, random);
    run.json(rawPath(group, "invocation.json"), invocation(facts, group));
    run.text(rawPath(group, "stdout.log"), log);
    run.text(rawPath(group, "stderr.log"), "");
    run.json(rawPath(group, "normalized-runner-result.json"), {
      check_group: group,
      results: evidence
        .filter((item) => item.check_id.includes(group))
        .map(({ check_id, result }) => ({ check_id, result })),
    });
    // The runner prints to its console what it logs: a second file of the same bytes.
    run.text(rawPath(group, "console-runner-stdout.txt"), log);
  }
  run.json("artifacts/open-cmis-tck/preflight.json", {
    reachable: true,
    repository_id: "default",
    binding: "browser",
  });
  writeExtraFiles(run, options, random);
  const raw = [...run.files];

  run.json("plan.json", { run_id: facts.runId, extension_id: "open-cmis-tck", check_groups: CHECK_GROUPS });
  run.json("normalized/evidence.json", evidence);
  run.json("normalized/findings.json", found);
  run.json("normalized/mappings.json", mappings(evidence));
  run.text("reports/report.md", reportMarkdown(facts, evidence));
  run.json("reports/cmis-maturity-scorecard.json", scorecard(facts, evidence));
  run.text("reports/cmis-maturity-scorecard.md", scorecardMarkdown(facts, evidence));
  run.json("reports/opencmis-log-review.json", logReview(facts, evidence));
  run.text("reports/opencmis-log-review.md", logReviewMarkdown(evidence));

  const profiles = { target_profile_ref: TARGET, assessment_profile_ref: ASSESSMENT };
  const reportPaths = { assessment_package: "reports/assessment-package.json", report: "reports/report.md" };
  run.json("run.json", {
    run_id: facts.runId,
    status: facts.status,
    ...profiles,
    started_at: facts.startedAt,
    completed_at: facts.completedAt,
    report_paths: reportPaths,
    ...options.run,
  });
  run.json("retention-summary.json", {
    run_id: facts.runId,
    status: facts.status,
    ...profiles,
    retention_policy: { summary_days: 365, raw_artifact_days: 30 },
    ...(options.withoutSummaries === true
      ? {}
      : {
          report_paths: reportPaths,
          evidence_counts: countBy(evidence, "result"),
          finding_counts: countBy(found, "severity"),
        }),
  });
  if (generation >= 2) writeSecondGeneration(run, facts);
  run.json("reports/assessment-package.json", {
    run_id: facts.runId,
    created_at: facts.completedAt,
    certification_boundary: "No certification is claimed; results hold for the named profiles only.",
    policy_summary: { unexpected_findings: found.filter((finding) => finding["expected"] === false).length },
    artifact_manifest: artifactManifest(generation, raw),
  });
  if (generation === 3) {
    run.json("archive-manifest.json", {
      run_id: facts.runId,
      files: run.files.map(({ path, sha256, size }) => ({ path, sha256, size })),
    });
  }
  return { runId: facts.runId, files: run.files };
}

/** The spellings that readers have to put up with, one a generation. */
function artifactManifest(generation: 1 | 2 | 3, raw: readonly WrittenFile[]): unknown {
  if (generation === 1) return raw.map(({ path, sha256, size }) => ({ path, sha256, size_bytes: size }));
  const artifacts = raw.map(({ path, sha256, size }) => ({
    artifact_ref: path,
    checksum: `sha256:${sha256}`,
    size,
  }));
  return { generated_by: "guide-board", artifacts };
}

function writeSecondGeneration(run: RunWriter, facts: RunFacts): void {
  run.json("sources.lock.json", {
    run_id: facts.runId,
    sources: [
      { slug: "guide-board", path: "../guide-board", commit: "3f1c9a0e5b7d42868a1f6c0b9d3e7a5412c8f06b" },
      { slug: "open-cmis-tck", path: "../open-cmis-tck", commit: "b07a44e1c95f3d2086ee1b7c4a90d5f2387c61ad" },
    ],
    extensions: [{ id: "open-cmis-tck", version: "0.3.0", path: "../open-cmis-tck" }],
  });
  run.json("reports/submission-package.json", { run_id: facts.runId, reports: ["reports/report.md"] });
  run.json("reports/fragments.json", { run_id: facts.runId, fragments: [] });
  run.json("exports/export-manifest.json", { run_id: facts.runId, exports: [] });
}

function writeExtraFiles(run: RunWriter, options: GuideBoardRunOptions, random: SeededRandom): void {
  for (let index = 0; index < (options.extraFiles ?? 0); index++) {
    const directory = String(Math.floor(index / FILES_PER_DIRECTORY)).padStart(4, "0");
    const name = String(index).padStart(7, "0");
    run.random(`artifacts/open-cmis-tck/raw/${directory}/${name}.bin`, options.fileSizeBytes ?? 4096, random);
  }
}

const CHUNK_BYTES = 1024 * 1024;

class RunWriter {
  readonly files: WrittenFile[] = [];
  readonly #directory: string;
  readonly #made = new Set<string>();
  readonly #chunk = new Uint8Array(CHUNK_BYTES);

  constructor(directory: string) {
    this.#directory = directory;
  }

  json(path: string, value: unknown): void {
    this.text(path, JSON.stringify(value, undefined, 2) + "\n");
  }

  text(path: string, text: string): void {
    const bytes = new TextEncoder().encode(text);
    writeFileSync(this.#place(path), bytes);
    this.#note(path, bytes.length, createHash("sha256").update(bytes).digest("hex"));
  }

  random(path: string, size: number, random: SeededRandom): void {
    const hash = createHash("sha256");
    const descriptor = openSync(this.#place(path), "w");
    try {
      for (let rest = size; rest > 0; rest -= CHUNK_BYTES) {
        const part = this.#chunk.subarray(0, Math.min(rest, CHUNK_BYTES));
        random.fill(part);
        hash.update(part);
        for (let done = 0; done < part.length; ) done += writeSync(descriptor, part, done);
      }
    } finally {
      closeSync(descriptor);
    }
    this.#note(path, size, hash.digest("hex"));
  }

  #note(path: string, size: number, sha256: string): void {
    this.files.push({ path, size, sha256 });
  }

  #place(path: string): string {
    const place = join(this.#directory, path);
    const parent = dirname(place);
    if (!this.#made.has(parent)) {
      mkdirSync(parent, { recursive: true });
      this.#made.add(parent);
    }
    return place;
  }
}
