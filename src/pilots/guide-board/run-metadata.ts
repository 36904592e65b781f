import type { JsonObject, JsonValue } from "../../core/cbor-value.ts";
import { setMember } from "../../core/plain-object.ts";
import { countItems } from "./counts.ts";
import { firstField, isJsonObject, textField } from "./json-fields.ts";
import { foundReportPaths, relativeReportPaths } from "./report-paths.ts";
import {
  EVIDENCE_PATH,
  FINDINGS_PATH,
  type RunDocuments,
  type RunFiles,
  readDocument,
} from "./run-documents.ts";

/**
 * The metadata that `guide-board.run.v1` asks for. What the run does not say is left out, and the schema then says
 * what is missing; counts are derived from `normalized/` and report paths from `reports/`.
 *
 * @param files all files of the run, those that will not be ingested included
 */
export function runMetadata(documents: RunDocuments, files: RunFiles, sourceCommits: JsonObject): JsonObject {
  const { run, retentionSummary } = documents;
  const metadata: Record<string, JsonValue> = { run_id: documents.runId, source_commits: sourceCommits };

  function set(key: string, value: JsonValue | undefined): void {
    if (value !== undefined) setMember(metadata, key, value);
  }

  set(
    "target_profile_ref",
    profileRef(documents, ["target_profile_ref", "target_profile", "target_ref", "target"]),
  );
  set(
    "assessment_profile_ref",
    profileRef(documents, ["assessment_profile_ref", "assessment_profile", "assessment_ref", "assessment"]),
  );
  const statusKeys = ["result_status", "status"];
  set("result_status", firstField(run, statusKeys) ?? firstField(retentionSummary, statusKeys));

  const reportPaths = stated(documents, "report_paths");
  set(
    "report_paths",
    reportPaths === undefined ? foundReportPaths(files) : relativeReportPaths(reportPaths, files),
  );
  set(
    "evidence_counts",
    stated(documents, "evidence_counts") ?? derived(files, EVIDENCE_PATH, ["result", "status"]),
  );
  set(
    "finding_counts",
    stated(documents, "finding_counts") ??
      derived(files, FINDINGS_PATH, ["severity", "classification", "result", "status"]),
  );
  set(
    "retention_policy",
    firstField(retentionSummary, ["retention_policy"]) ?? firstField(run, ["retention_policy"]),
  );
  return metadata;
}

/** The two are summaries, so the summary speaks first. */
function stated(documents: RunDocuments, key: string): JsonValue | undefined {
  return firstField(documents.retentionSummary, [key]) ?? firstField(documents.run, [key]);
}

function derived(files: RunFiles, path: string, kindKeys: readonly string[]): JsonObject {
  return countItems(readDocument(files, path), kindKeys);
}

/** A profile's id, or an object that holds it. */
function profileRef(documents: RunDocuments, keys: readonly string[]): JsonValue | undefined {
  const value = firstField(documents.run, keys) ?? firstField(documents.retentionSummary, keys);
  return isJsonObject(value) ? (textField(value, ["ref", "id", "profile_id"]) ?? value) : value;
}
