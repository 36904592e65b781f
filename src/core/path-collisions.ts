import type { TargetFileSystem } from "./pull-name.ts";

/** Two paths of one package that would be one on the target file system: two files, or two directories. */
export interface PathCollision {
  readonly path: string;
  readonly other: string;
}

/**
 * The paths, files or directories above them, that collide with an earlier one on a file system that does not tell
 * all names apart. Directories count too: `A/x` and `a/y` would end in one directory, and the tree would differ from
 * the package. One collision is answered for each such path, in the order given.
 */
export function findCollisions(
  paths: Iterable<string>,
  target: Pick<TargetFileSystem, "caseInsensitive" | "normalising">,
): PathCollision[] {
  const collisions: PathCollision[] = [];
  if (!target.caseInsensitive && !target.normalising) return collisions;
  const firstOf = new Map<string, string>();
  for (const path of paths) {
    for (const prefix of prefixesOf(path)) {
      const folded = fold(prefix, target);
      const first = firstOf.get(folded);
      if (first === undefined) firstOf.set(folded, prefix);
      else if (first !== prefix) {
        collisions.push({ path: prefix, other: first });
        // What lies below collides as a consequence; the cause is enough.
        break;
      }
    }
  }
  return collisions;
}

function* prefixesOf(path: string): Generator<string> {
  for (let end = path.indexOf("/"); end >= 0; end = path.indexOf("/", end + 1)) yield path.slice(0, end);
  yield path;
}

function fold(path: string, target: Pick<TargetFileSystem, "caseInsensitive" | "normalising">): string {
  const folded = target.caseInsensitive ? foldCase(path) : path;
  return target.normalising ? folded.normalize("NFD") : folded;
}

/** Upper case and back, so that characters with one upper case and two lower cases (σ and ς) meet. */
function foldCase(text: string): string {
  return text.toUpperCase().toLowerCase();
}
