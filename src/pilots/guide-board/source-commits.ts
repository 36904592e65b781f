import type { JsonObject, JsonValue } from "../../core/cbor-value.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import { setMember } from "../../core/plain-object.ts";
import { quoteForTerminal } from "../../core/terminal-text.ts";
import { firstField, isJsonArray, isJsonObject, textField } from "./json-fields.ts";
import type { RunDocuments } from "./run-documents.ts";

const SHA = /^[0-9a-f]{7,64}$/i;
const COMMIT_KEYS = ["commit", "sha", "commit_sha", "source_commit", "revision"];
const SLUG_KEYS = ["slug", "id", "name", "repo", "repository"];

/**
 * Which commit of which repository took part, slug to SHA: what the run itself records, then what the caller adds for
 * slugs that the run does not speak of. A differing statement of the caller's is reported in `warnings`.
 */
export function sourceCommits(
  documents: RunDocuments,
  given: Readonly<Record<string, string>>,
  warnings: string[],
): JsonObject {
  const recorded = recordedCommits(documents);
  const commits: Record<string, JsonValue> = {};
  for (const [slug, commit] of Object.entries(recorded)) setMember(commits, slug, commit);
  for (const [slug, commit] of Object.entries(given)) {
    checkCommit(slug, commit);
    if (!Object.hasOwn(commits, slug)) setMember(commits, slug, commit);
    else if (commits[slug] !== commit) {
      warnings.push(
        `source commit of ${quoteForTerminal(slug)}: the run's own is kept, ${quoteForTerminal(commit)} is not`,
      );
    }
  }
  return commits;
}

function checkCommit(slug: string, commit: string): void {
  if (slug !== "" && SHA.test(commit)) return;
  throw new ArtifactstoreError(
    "invalid_input",
    `Cannot record source commit ${quoteForTerminal(`${slug}=${commit}`)}: it is not a slug and 7 to 64 hex digits`,
  );
}

function recordedCommits(documents: RunDocuments): JsonObject {
  for (const document of [documents.run, documents.retentionSummary]) {
    const stated = firstField(document, ["source_commits"]);
    if (isJsonObject(stated)) return statedCommits(stated);
  }
  return isJsonObject(documents.sourcesLock) ? lockedCommits(documents.sourcesLock) : {};
}

/** Taken as they are stated; a nested `{slug: {commit}}` is flattened, null is nothing. */
function statedCommits(stated: JsonObject): JsonObject {
  const commits: Record<string, JsonValue> = {};
  for (const [slug, value] of Object.entries(stated)) {
    if (value !== null) setMember(commits, slug, isJsonObject(value) ? (commitOf(value) ?? value) : value);
  }
  return commits;
}

/** `{source_commits: {slug: sha}}`, `{sources: {slug: sha | {commit}}}` or `{sources: [{slug, commit}]}`. */
function lockedCommits(lock: JsonObject): JsonObject {
  const sources = firstField(lock, ["source_commits", "sources", "repositories"]);
  const commits: Record<string, JsonValue> = {};
  if (isJsonArray(sources)) {
    for (const source of sources) {
      const slug = isJsonObject(source) ? textField(source, SLUG_KEYS) : undefined;
      const commit = commitOf(source);
      if (slug !== undefined && commit !== undefined) setMember(commits, slug, commit);
    }
  } else if (isJsonObject(sources)) {
    for (const [slug, source] of Object.entries(sources)) {
      const commit = commitOf(source);
      if (commit !== undefined) setMember(commits, slug, commit);
    }
  }
  return commits;
}

function commitOf(source: JsonValue): string | undefined {
  const commit = isJsonObject(source) ? textField(source, COMMIT_KEYS) : source;
  return typeof commit === "string" && SHA.test(commit) ? commit : undefined;
}
