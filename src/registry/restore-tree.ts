import { ArtifactstoreError, type FieldError } from "../core/errors.ts";
import { ERRORS_LISTED_MAX } from "../core/limits.ts";
import type { Manifest, ManifestFile } from "../core/manifest.ts";
import { findCollisions } from "../core/path-collisions.ts";
import { brokenPullRule } from "../core/pull-name.ts";
import { escapeForTerminal, quoteForTerminal } from "../core/terminal-text.ts";
import { MemoryRelief } from "./memory-relief.ts";
import { isPullLeftover, pullNamePrefix } from "./pull-leftovers.ts";
import type { PullOptions } from "./pull-package.ts";
import type { RegistryContext } from "./registry-context.ts";
import { parentOf, TargetTree } from "./target-tree.ts";

/** Files restored at once: their fsyncs share the commits of the file system's journal. Count. */
const FILES_AT_ONCE = 64;

/** Puts one file into its place; answers warnings. Throws where it cannot be had, and leaves nothing then. */
export type RestoreFile = (file: ManifestFile, tree: TargetTree) => Promise<readonly string[]>;

export interface RestoredTree {
  /** With symlinks resolved. */
  readonly directory: string;
  /** Bytes. */
  readonly bytes: number;
  readonly warnings: readonly string[];
}

/**
 * Restores the files of a manifest below a directory, wherever their bytes come from. Every name, and everything in the
 * way, is checked before the first file; what fails later takes away again what was made.
 *
 * Throws `invalid_path`, `target_exists`, `storage_full`, `storage_read_only`, and what `restore` throws.
 */
export async function restoreTree(
  context: Pick<RegistryContext, "clock" | "newRandomId" | "collectGarbage">,
  packageId: string,
  manifest: Manifest,
  directory: string,
  options: PullOptions,
  restore: RestoreFile,
): Promise<RestoredTree> {
  const tree = new TargetTree(directory, pullNamePrefix(context.newRandomId()), {
    replace: options.force === true,
  });
  try {
    checkNames(packageId, manifest, tree);
    const directories = makeDirectories(packageId, manifest, tree, (name, modifiedAt) =>
      isPullLeftover(name, context.clock() - modifiedAt),
    );
    const warnings = await restoreFiles(context, manifest, tree, options, restore);
    tree.sync(directories);
    return { directory: tree.root, bytes: totalBytes(manifest), warnings };
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

async function restoreFiles(
  context: Pick<RegistryContext, "collectGarbage">,
  manifest: Manifest,
  tree: TargetTree,
  { onProgress, signal }: PullOptions,
  restore: RestoreFile,
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
        warnings.push(...(await restore(file, tree)));
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

function totalBytes({ files }: Manifest): number {
  return files.reduce((sum, file) => sum + file.size_bytes, 0);
}
