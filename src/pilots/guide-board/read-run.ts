import { existsSync } from "node:fs";
import type { JsonObject } from "../../core/cbor-value.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import { quoteForTerminal } from "../../core/terminal-text.ts";
import { refuseSource, type SourceRefusal } from "../../registry/source-refusal.ts";
import { type SourceEntry, type SourceTree, scanSourceTree } from "../../registry/source-tree.ts";
import { GUIDE_BOARD_RUN_V1 } from "../../schema/embedded-schemas.ts";
import type { MetadataSchema } from "../../schema/metadata-schema.ts";
import { validateMetadata } from "../../schema/validate-metadata.ts";
import { checkDeclaredPresence } from "./check-declared.ts";
import { looksLikeCredentials } from "./credential-names.ts";
import { declaredFiles } from "./declared-files.ts";
import { extensionFacts } from "./extensions.ts";
import { textField } from "./json-fields.ts";
import {
  DOCUMENT_PATHS,
  notARun,
  RETENTION_SUMMARY_PATH,
  RUN_PATH,
  type RunDocuments,
  readRunDocuments,
} from "./run-documents.ts";
import { runMetadata } from "./run-metadata.ts";
import { type Declaration, GUIDE_BOARD_PRODUCER, type RunFile, type RunPlan } from "./run-plan.ts";
import { isCoreFile } from "./selection.ts";
import { sourceCommits } from "./source-commits.ts";

export interface ReadRunOptions {
  /** Only what the assessment package declares, and the run's own documents, `normalized/` and `reports/`. */
  readonly declaredOnly?: boolean;
  /** Globs, see `createPathExclusion`. */
  readonly exclude?: readonly string[];
  /** Slug to SHA, for slugs that the run does not speak of. */
  readonly sourceCommits?: Readonly<Record<string, string>>;
  /** Instead of the embedded `guide-board.run.v1`. */
  readonly schema?: MetadataSchema;
  readonly signal?: AbortSignal;
  /** See `SourceTreeOptions`. */
  readonly onMany?: () => void;
  /** Called with all files of the directory, if all of them are wanted, before any document is read. */
  readonly onWalked?: (entries: readonly SourceEntry[]) => void;
}

/**
 * Reads a run directory and checks all that can be checked before its first byte is ingested: special files,
 * symlinks, names, JSON, declared files and their sizes, report paths, the metadata's schema. Declared digests travel
 * with the files, to be compared by `checkDeclared` as the bytes are read.
 *
 * Throws `not_a_run`, `invalid_json`, `invalid_path`, `invalid_input`, `invalid_metadata`, `source_refused`,
 * `source_changed`, `digest_mismatch`, `limit_exceeded`.
 */
export async function readRun(directory: string, options: ReadRunOptions = {}): Promise<RunPlan> {
  // Asked first, so that a mistyped directory is not walked through before it is told that it is none.
  if (!existsSync(`${directory}/${RUN_PATH}`)) {
    throw notARun(`${quoteForTerminal(directory)} is no directory with a "${RUN_PATH}" in it`);
  }
  const tree = await scanSourceTree(directory, options);
  if (options.declaredOnly !== true) options.onWalked?.(tree.entries);
  // A symlink in the place of a document is named as such before the document is missed.
  if (options.declaredOnly !== true) refuseSome(directory, tree, tree.refusals);
  refuseExclusionOf(DOCUMENT_PATHS, tree);

  const all = new Map(tree.entries.map((entry) => [entry.path, entry]));
  const warnings: string[] = [];
  const documents = readRunDocuments(all);
  const declared = declaredFiles(documents.assessmentPackage, tree.root, warnings);
  refuseExclusionOf(declared.keys(), tree);
  const isChosen = options.declaredOnly === true ? chosenPaths(declared) : () => true;
  refuseSome(
    directory,
    tree,
    tree.refusals.filter((refusal) => concerns(refusal.path, isChosen, declared)),
  );
  checkDeclaredPresence(declared, all);

  const commits = sourceCommits(documents, options.sourceCommits ?? {}, warnings);
  const metadata = runMetadata(documents, all, commits);
  const metadataSchema = options.schema ?? GUIDE_BOARD_RUN_V1;
  await validateMetadata(metadataSchema, metadata);

  const files = tree.entries.filter((entry) => isChosen(entry.path)).map((entry) => runFile(entry, declared));
  warnings.push(...runWarnings(documents, tree, files));
  return {
    producer: GUIDE_BOARD_PRODUCER,
    runId: documents.runId,
    externalId: documents.runId,
    name: documents.runId,
    subject: subjectOf(metadata),
    metadataSchema,
    metadata,
    provenance: provenanceOf(documents, commits, tree.exclusion.globs),
    files,
    excludedPaths: tree.excluded,
    warnings,
  };
}

type IsChosen = (path: string) => boolean;
type Declared = ReadonlyMap<string, Declaration>;

function chosenPaths(declared: Declared): IsChosen {
  return (path) => declared.has(path) || isCoreFile(path);
}

/** Whether what is refused is itself wanted, or is a directory with something wanted below it. */
function concerns(path: string, isChosen: IsChosen, declared: Declared): boolean {
  if (path === "" || isChosen(path) || isChosen(`${path}/`)) return true;
  return [...declared.keys()].some((wanted) => wanted.startsWith(`${path}/`));
}

/** What is not listed may be anything, so it counts as refused. */
function refuseSome(directory: string, tree: SourceTree, refusals: readonly SourceRefusal[]): void {
  if (refusals.length > 0 || tree.unlistedRefusals > 0)
    refuseSource(directory, refusals, tree.unlistedRefusals);
}

/** What the package says must stay verifiable from the package. */
function refuseExclusionOf(paths: Iterable<string>, tree: SourceTree): void {
  for (const path of paths) {
    if (!tree.exclusion.covers(path)) continue;
    throw new ArtifactstoreError(
      "invalid_input",
      `Cannot exclude ${quoteForTerminal(path)}: it is one of the run's own documents or declared by one`,
    );
  }
}

function runFile(entry: SourceEntry, declared: Declared): RunFile {
  const declaration = declared.get(entry.path);
  return declaration === undefined ? entry : { ...entry, declared: declaration };
}

function subjectOf(metadata: JsonObject): string {
  const subject = metadata.target_profile_ref;
  if (typeof subject === "string" && subject !== "") return subject;
  // Only a schema of the caller's own lets such metadata through.
  throw new ArtifactstoreError(
    "invalid_metadata",
    "Cannot read guide-board run: it names no target profile",
    {
      errors: [{ pointer: "/target_profile_ref", message: "is missing" }],
    },
  );
}

/**
 * The globs are recorded, not what they matched: what a producer leaves out does not matter to the manifest, and its
 * coming and going must not change the digest.
 */
function provenanceOf(documents: RunDocuments, commits: JsonObject, globs: readonly string[]): JsonObject {
  const extensions = extensionFacts(documents);
  return {
    run_id: documents.runId,
    source_commits: commits,
    ...(extensions === undefined ? {} : { extensions }),
    ...(globs.length === 0 ? {} : { excluded: globs }),
  };
}

function runWarnings(documents: RunDocuments, tree: SourceTree, files: readonly RunFile[]): string[] {
  const warnings: string[] = [];
  const summaryRunId = textField(documents.retentionSummary, ["run_id"]);
  if (summaryRunId !== undefined && summaryRunId !== documents.runId) {
    warnings.push(`"${RETENTION_SUMMARY_PATH}" is of run ${quoteForTerminal(summaryRunId)}`);
  }
  for (const glob of tree.exclusion.unusedGlobs()) {
    warnings.push(`${quoteForTerminal(glob)} excludes nothing`);
  }
  for (const { path } of files) {
    if (looksLikeCredentials(path)) warnings.push(`${quoteForTerminal(path)} may hold credentials`);
  }
  return warnings;
}
