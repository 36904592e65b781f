import { type ContentAddress, parseContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError, type FieldError } from "../core/errors.ts";
import { ERRORS_LISTED_MAX } from "../core/limits.ts";
import type { Manifest, ManifestFile } from "../core/manifest.ts";
import { findCollisions } from "../core/path-collisions.ts";
import { brokenPullRule } from "../core/pull-name.ts";
import { escapeForTerminal, quoteForTerminal } from "../core/terminal-text.ts";
import { copyBlob } from "../dataplane/copy-blob.ts";
import { findPackage } from "./find-package.ts";
import { MemoryRelief, RELIEF_FILES } from "./memory-relief.ts";
import { findCopies, type PullCopies } from "./pull-copies.ts";
import { isPullLeftover, pullNamePrefix } from "./pull-leftovers.ts";
import { readManifest } from "./read-manifest.ts";
import type { RegistrationProgress } from "./registration.ts";
import type { RegistryContext } from "./registry-context.ts";
import { parentOf, TargetTree } from "./target-tree.ts";

export interface PullOptions {
  /** Replace regular files that are there already; never anything else. */
  readonly force?: boolean;
  readonly onProgress?: (progress: RegistrationProgress) => void;
  readonly signal?: AbortSignal;
}

export interface PullResult {
  readonly packageId: string;
  readonly manifestDigest: ContentAddress;
  readonly fileCount: number;
  readonly bytes: number;
  /** With symlinks resolved. */
  readonly directory: string;
  /** Copies that were lost or damaged although another one was good. */
  readonly warnings: readonly string[];
}

/** Files restored at once: their fsyncs share the commits of the file system's journal. Count. */
const FILES_AT_ONCE = 64;

/**
 * Restores a finalized package's files below a directory. Each file is written beside its place while size and both
 * digests are compared, fsynced, and only then given its name. All that can be known before the first byte is checked
 * before: the package, every blob's place and size, every name, everything in the way. What fails later takes away
 * again what it made; with `force`, files already replaced stay replaced, and are right.
 *
 * Throws `package_not_found`, `package_state`, `package_deleted`, `log_damaged`; `blob_missing` and `blob_damaged`,
 * naming the files; `invalid_path`, `target_exists`, `storage_full`, `storage_read_only`.
 */
export async function pullPackage(
  context: RegistryContext,
  packageId: string,
  directory: string,
  options: PullOptions = {},
): Promise<PullResult> {
  const row = await findPackage(context, packageId);
  if (row.status === "garbage_collected" || row.status === "purged") {
    throw new ArtifactstoreError(
      "package_deleted",
      `Cannot pull package "${packageId}": it is ${row.status}`,
    );
  }
  const { manifest, digest } = await readManifest(context, packageId);
  // The encoded manifest of many files, and what checking it took, are let go.
  if (manifest.files.length >= RELIEF_FILES) context.collectGarbage();
  const { copies, warnings } = await findCopies(context, packageId, manifest);
  const tree = new TargetTree(directory, pullNamePrefix(context.newRandomId()), {
    replace: options.force === true,
  });
  try {
    checkNames(packageId, manifest, tree);
    const directories = makeDirectories(packageId, manifest, tree, (name, modifiedAt) =>
      isPullLeftover(name, context.clock() - modifiedAt),
    );
    const met = await restoreFiles(context, manifest, copies, tree, options);
    tree.sync(directories);
    return {
      packageId,
      manifestDigest: digest,
      fileCount: manifest.files.length,
      bytes: totalBytes(manifest),
      directory: tree.root,
      warnings: [...warnings, ...met],
    };
  } catch (error) {
    tree.undo();
    throw error;
  } finally {
    tree.close();
  }
}

/** What the target's file system would change, or not tell apart, is refused, naming every path. */
function checkNames(packageId: string, { files }: Manifest, { probed }: TargetTree): void {
  const errors: FieldError[] = [];
  for (const { path } of files) {
    const rule = brokenPullRule(path, probed);
    if (rule !== undefined) errors.push({ pointer: escapeForTerminal(path), message: rule });
  }
  for (const { path, other } of findCollisions(
    files.map((file) => file.path),
    probed,
  )) {
    const message = `is the same as ${quoteForTerminal(other)} on this file system`;
    errors.push({ pointer: escapeForTerminal(path), message });
  }
  refuse(packageId, "invalid_path", errors);
}

/**
 * Answers the directories, `""` for the root, that files go to. Nothing is in the way of any file afterwards, and what
 * an earlier pull left when it was killed is gone.
 */
function makeDirectories(
  packageId: string,
  { files }: Manifest,
  tree: TargetTree,
  isLeftover: (name: string, modifiedAtMs: number) => boolean,
): Set<string> {
  const directories = new Set<string>();
  for (const { path } of files) addWithParents(directories, parentOf(path));
  // A directory comes after the one above it: its name is longer.
  for (const path of directories) tree.makeDirectory(path);
  tree.removeLeftovers(directories, isLeftover);
  const errors: FieldError[] = [];
  for (const { path } of files) {
    const state = tree.obstacle(path);
    if (state !== undefined) errors.push({ pointer: escapeForTerminal(path), message: state });
  }
  refuse(packageId, "target_exists", errors);
  return directories;
}

function addWithParents(directories: Set<string>, path: string): void {
  if (directories.has(path)) return;
  if (path !== "") addWithParents(directories, parentOf(path));
  directories.add(path);
}

function refuse(
  packageId: string,
  code: "invalid_path" | "target_exists",
  errors: readonly FieldError[],
): void {
  const [first] = errors;
  if (first === undefined) return;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
  throw new ArtifactstoreError(
    code,
    `Cannot pull package "${packageId}": "${first.pointer}" ${first.message}${more}`,
    { errors: errors.slice(0, ERRORS_LISTED_MAX) },
  );
}

/** Answers what was wrong with copies that others stood in for. */
async function restoreFiles(
  context: RegistryContext,
  manifest: Manifest,
  copies: PullCopies,
  tree: TargetTree,
  { onProgress, signal }: PullOptions,
): Promise<string[]> {
  const { files } = manifest;
  const total = totalBytes(manifest);
  const warnings: string[] = [];
  let next = 0;
  let done = 0;
  let bytes = 0;
  const relief = new MemoryRelief(context.collectGarbage);
  let failure: { readonly error: unknown } | undefined;
  async function lane(): Promise<void> {
    for (let file = files[next++]; file !== undefined && failure === undefined; file = files[next++]) {
      try {
        signal?.throwIfAborted();
        warnings.push(...(await restoreFile(context, file, copies, tree)));
      } catch (error) {
        failure ??= { error };
        return;
      }
      done += 1;
      relief.add(1);
      bytes += file.size_bytes;
      onProgress?.({ files: done, bytes, totalFiles: files.length, totalBytes: total });
    }
  }
  // Every lane has ended before anything is taken away again.
  await Promise.all(Array.from({ length: Math.min(FILES_AT_ONCE, files.length) }, lane));
  if (failure !== undefined) throw failure.error;
  return warnings;
}

async function restoreFile(
  context: RegistryContext,
  file: ManifestFile,
  copies: PullCopies,
  tree: TargetTree,
): Promise<string[]> {
  const expected = {
    address: parseContentAddress(file.content_address),
    sizeBytes: file.size_bytes,
    sha256: file.sha256,
  };
  const wrong: string[] = [];
  let damaged = false;
  for (const backend of copies.get(file.content_address) ?? []) {
    const finding = await tree.withSlot(file.path, async (slot) => {
      const target = { path: slot.temporaryPath, name: file.path, mode: tree.probed.fileMode };
      try {
        const found = await copyBlob(context, backend, expected, target);
        if (found.outcome === "intact") slot.place();
        return found;
      } catch (error) {
        slot.discard();
        throw error;
      }
    });
    if (finding.outcome === "intact") return wrong;
    damaged ||= finding.outcome === "damaged";
    wrong.push(
      `the blob of "${file.path}" on backend "${backend.id}" is ${finding.outcome}: ${finding.detail}`,
    );
  }
  const message = wrong.join("; ");
  throw new ArtifactstoreError(
    damaged ? "blob_damaged" : "blob_missing",
    `Cannot pull ${quoteForTerminal(file.path)}: ${message}`,
    { errors: [{ pointer: escapeForTerminal(file.path), message }] },
  );
}

function totalBytes({ files }: Manifest): number {
  return files.reduce((sum, file) => sum + file.size_bytes, 0);
}
