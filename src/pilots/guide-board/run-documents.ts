import type { JsonObject, JsonValue } from "../../core/cbor-value.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import { JSON_DOCUMENT_MAX_BYTES } from "../../core/limits.ts";
import { parseStrictJson } from "../../core/strict-json.ts";
import { readSource } from "../../registry/read-source.ts";
import type { SourceEntry } from "../../registry/source-tree.ts";
import { isJsonObject, textField } from "./json-fields.ts";

export const RUN_PATH = "run.json";
export const RETENTION_SUMMARY_PATH = "retention-summary.json";
export const SOURCES_LOCK_PATH = "sources.lock.json";
export const ASSESSMENT_PACKAGE_PATH = "reports/assessment-package.json";
export const EVIDENCE_PATH = "normalized/evidence.json";
export const FINDINGS_PATH = "normalized/findings.json";

/** What a package's own words are taken from; none of them can be left out. */
export const DOCUMENT_PATHS: readonly string[] = [
  RUN_PATH,
  RETENTION_SUMMARY_PATH,
  SOURCES_LOCK_PATH,
  ASSESSMENT_PACKAGE_PATH,
];

/** The documents of a run that say what the run is. Only the first has to be there. */
export interface RunDocuments {
  readonly runId: string;
  readonly run: JsonObject;
  readonly retentionSummary: JsonObject;
  readonly sourcesLock: JsonValue | undefined;
  readonly assessmentPackage: JsonObject;
}

/** A run's files by path, as the documents are looked up. */
export type RunFiles = ReadonlyMap<string, SourceEntry>;

/**
 * Throws `not_a_run` without a `run.json` that is an object with a run id, `invalid_json` for a document that is no
 * strict JSON (duplicate keys, lone surrogates, integers out of range), `invalid_input` for one that is no object.
 */
export function readRunDocuments(files: RunFiles): RunDocuments {
  const run = readDocument(files, RUN_PATH);
  if (run === undefined) throw notARun(`"${RUN_PATH}" is missing`);
  if (!isJsonObject(run)) throw notARun(`"${RUN_PATH}" is not a JSON object`);
  const runId = textField(run, ["run_id", "id"]);
  if (runId === undefined) throw notARun(`"${RUN_PATH}" has no "run_id"`);
  return {
    runId,
    run,
    retentionSummary: readObject(files, RETENTION_SUMMARY_PATH),
    sourcesLock: readDocument(files, SOURCES_LOCK_PATH),
    assessmentPackage: readObject(files, ASSESSMENT_PACKAGE_PATH),
  };
}

/** `undefined` if the run has no such file. */
export function readDocument(files: RunFiles, path: string): JsonValue | undefined {
  const entry = files.get(path);
  return entry === undefined ? undefined : parseStrictJson(readSource(entry, JSON_DOCUMENT_MAX_BYTES), path);
}

export function notARun(state: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError("not_a_run", `Cannot read guide-board run: ${state}`, { cause });
}

function readObject(files: RunFiles, path: string): JsonObject {
  const value = readDocument(files, path) ?? {};
  if (isJsonObject(value)) return value;
  throw new ArtifactstoreError(
    "invalid_input",
    `Cannot read guide-board run: "${path}" is not a JSON object`,
  );
}
