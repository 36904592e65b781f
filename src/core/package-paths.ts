import { ArtifactstoreError } from "./errors.ts";
import { quoteForTerminal } from "./terminal-text.ts";
import { compareUtf8 } from "./utf8-order.ts";

export interface PathConflict {
  /** The place of the later path of the two in the given order. */
  readonly index: number;
  readonly path: string;
  readonly rule: string;
}

/**
 * The rules among the paths of one package, given in byte order: none twice, none a directory of another. One path
 * for each conflict, in the given order; a path out of order is one too.
 */
export function* pathConflicts(sortedPaths: readonly string[]): Generator<PathConflict> {
  const files = new Set<string>();
  let previous: string | undefined;
  let checkedDirectory = "";
  for (let index = 0; index < sortedPaths.length; index++) {
    const path = sortedPaths[index] as string;
    const order = previous === undefined ? -1 : compareUtf8(previous, path);
    if (order === 0) yield { index, path, rule: "it is there twice" };
    else if (order > 0) yield { index, path, rule: "it is not in byte order" };
    // A file sorts before all that would lie below it, so every ancestor has been seen; it is enough to look once
    // for each run of files in one directory.
    const directory = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (directory !== checkedDirectory) {
      const file = ancestorAmong(files, directory);
      if (file !== undefined) yield { index, path, rule: `${quoteForTerminal(file)} is a file` };
      else checkedDirectory = directory;
    }
    files.add(path);
    previous = path;
  }
}

/** Throws `path_conflict`, naming the first offending path and the rule. */
export function checkPackagePaths(sortedPaths: readonly string[]): void {
  for (const { path, rule } of pathConflicts(sortedPaths)) {
    throw new ArtifactstoreError("path_conflict", `Cannot use path ${quoteForTerminal(path)}: ${rule}`);
  }
}

function ancestorAmong(files: ReadonlySet<string>, directory: string): string | undefined {
  for (let end = directory.length; end > 0; end = directory.lastIndexOf("/", end - 1)) {
    const ancestor = directory.slice(0, end);
    if (files.has(ancestor)) return ancestor;
  }
  return undefined;
}
