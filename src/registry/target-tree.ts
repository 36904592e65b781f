import {
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ArtifactstoreError } from "../core/errors.ts";
import { describeFileType, isRegularFile } from "../core/source-identity.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import { errorNumberName } from "../dataplane/source-file.ts";
import { removeQuietly } from "../dataplane/store-blobs.ts";
import { writeFailure } from "../dataplane/write-failure.ts";
import { type ProbedTarget, probeTarget } from "./probe-target.ts";
import { TargetDirectory } from "./target-directory.ts";

interface Held {
  readonly directory: TargetDirectory;
  users: number;
}

/** One file that is about to be put in its place. */
export interface TargetSlot {
  /** To be created exclusively and filled; beside the file's place. */
  readonly temporaryPath: string;
  /** Gives the file its name. Throws `target_exists`. */
  place(): void;
  /** Removes the temporary file, if there is one. */
  discard(): void;
}

/**
 * The tree that a package is restored to. Writes nowhere but below its root, follows no symlink but one that the
 * caller names as root, and replaces nothing but, where allowed, regular files. Remembers what it made, so that a pull
 * that fails takes it away again.
 */
export class TargetTree {
  readonly root: string;
  readonly probed: ProbedTarget;
  readonly #replace: boolean;
  readonly #uniqueName: string;
  readonly #rootDirectory: TargetDirectory;
  readonly #held = new Map<string, Held>();
  /** Directories above and with the root that were not there before, outermost first. */
  readonly #madeRoots: readonly string[];
  /** Package paths, in the order made. */
  readonly #madeDirectories = new Set<string>();
  readonly #madeFiles: string[] = [];
  #slots = 0;

  /** Makes the root where it is absent. Throws `target_exists` if it is something else than a directory. */
  constructor(directory: string, uniqueName: string, options: { readonly replace: boolean }) {
    this.#replace = options.replace;
    this.#uniqueName = uniqueName;
    this.#madeRoots = makeRoots(resolve(directory));
    try {
      this.root = resolveRoot(directory);
      this.#rootDirectory = TargetDirectory.open(this.root, this.root);
    } catch (error) {
      removeDirectories(this.#madeRoots);
      throw error;
    }
    try {
      this.probed = probeTarget(this.#rootDirectory, this.#uniqueName);
    } catch (error) {
      this.#rootDirectory.close();
      removeDirectories(this.#madeRoots);
      throw error;
    }
  }

  /** Makes a directory and those above it, unless they are there. @param path a package path; `""` is the root */
  makeDirectory(path: string): void {
    if (path === "") return;
    const parent = parentOf(path);
    const made = this.#within(parent, (directory) => {
      try {
        mkdirSync(directory.child(basename(path)));
        return true;
      } catch (cause) {
        if (errorNumberName(cause) === "EEXIST") return false;
        throw writeFailure(path, cause);
      }
    });
    if (made) this.#madeDirectories.add(path);
    // Opening it tells whether it is a directory.
    else this.#within(path, () => undefined);
  }

  /** Removes regular files that are somebody's leftovers from directories that were there before. */
  removeLeftovers(
    paths: Iterable<string>,
    isLeftover: (name: string, modifiedAtMs: number) => boolean,
  ): void {
    for (const path of paths) {
      if (this.#isNew(path)) continue;
      this.#within(path, (directory) => {
        for (const name of readdirSync(directory.child("."))) {
          const stat = name.startsWith(".")
            ? lstatSync(directory.child(name), { throwIfNoEntry: false })
            : undefined;
          if (stat === undefined || !isRegularFile(stat) || !isLeftover(name, stat.mtimeMs)) continue;
          removeQuietly(directory.child(name));
        }
      });
    }
  }

  /** Why a file cannot take its place, to follow its path in a sentence; `undefined` if it can. */
  obstacle(path: string): string | undefined {
    const parent = parentOf(path);
    if (this.#isNew(parent)) return undefined;
    const stat = this.#within(parent, (directory) =>
      lstatSync(directory.child(basename(path)), { throwIfNoEntry: false }),
    );
    if (stat === undefined) return undefined;
    if (!isRegularFile(stat)) return `is ${describeFileType(stat)} there`;
    return this.#replace ? undefined : "is there already";
  }

  /** Runs with a place for one file; its directory is held open meanwhile. */
  async withSlot<T>(path: string, work: (slot: TargetSlot) => Promise<T>): Promise<T> {
    const parent = parentOf(path);
    const { directory } = this.#hold(parent);
    const temporaryName = `.${this.#uniqueName}-${this.#slots++}.part`;
    try {
      const temporaryPath = directory.child(temporaryName);
      return await work({
        temporaryPath,
        place: () => this.#place(path, directory, temporaryName),
        discard: () => removeQuietly(temporaryPath),
      });
    } finally {
      this.#release(parent);
    }
  }

  /** Makes the names in these directories durable, and those of directories above that were made. */
  sync(directories: Iterable<string>): void {
    for (const path of directories) this.#within(path, (directory) => directory.sync());
    this.#rootDirectory.sync();
    let path = this.root;
    for (const _ of this.#madeRoots) {
      path = dirname(path);
      const above = TargetDirectory.open(path, path);
      above.sync();
      above.close();
    }
  }

  /** Takes away what was made, in reverse; what somebody else put there meanwhile stays, and its directories. */
  undo(): void {
    for (const path of this.#madeFiles.toReversed()) this.#remove(path, unlinkSync);
    for (const path of [...this.#madeDirectories].toReversed()) this.#remove(path, rmdirSync);
    removeDirectories(this.#madeRoots);
  }

  close(): void {
    for (const { directory } of this.#held.values()) directory.close();
    this.#held.clear();
    this.#rootDirectory.close();
  }

  /**
   * Without permission to replace, a second name for the complete file, which fails if there is any already; with it,
   * a rename, which replaces a symlink itself and never what it points to.
   */
  #place(path: string, directory: TargetDirectory, temporaryName: string): void {
    const temporary = directory.child(temporaryName);
    const final = directory.child(basename(path));
    const before = this.#replace ? lstatSync(final, { throwIfNoEntry: false }) : undefined;
    if (before !== undefined && !isRegularFile(before)) throw targetExists(path, describeFileType(before));
    try {
      if (before !== undefined) renameSync(temporary, final);
      else linkOrRename(temporary, final);
    } catch (cause) {
      if (errorNumberName(cause) === "EEXIST") throw targetExists(path, "there already", cause);
      throw writeFailure(path, cause);
    }
    if (before === undefined) this.#madeFiles.push(path);
  }

  /** What this pull made is empty. */
  #isNew(path: string): boolean {
    return path === "" ? this.#madeRoots.length > 0 : this.#madeDirectories.has(path);
  }

  #remove(path: string, remove: (path: string) => void): void {
    try {
      this.#within(parentOf(path), (directory) => remove(directory.child(basename(path))));
    } catch {
      // The failure that led here is the one to tell.
    }
  }

  #within<T>(path: string, work: (directory: TargetDirectory) => T): T {
    const { directory } = this.#hold(path);
    try {
      return work(directory);
    } finally {
      this.#release(path);
    }
  }

  /** Opens a directory by way of those above it, each of them by the open one above. */
  #hold(path: string): Held {
    const known = this.#held.get(path);
    if (known !== undefined) {
      known.users += 1;
      return known;
    }
    if (path === "") return { directory: this.#rootDirectory, users: 1 };
    const directory = this.#within(parentOf(path), (parent) =>
      TargetDirectory.open(join(this.root, path), parent.child(basename(path))),
    );
    const held = { directory, users: 1 };
    this.#held.set(path, held);
    return held;
  }

  #release(path: string): void {
    const held = this.#held.get(path);
    if (held === undefined) return;
    held.users -= 1;
    if (held.users > 0) return;
    this.#held.delete(path);
    held.directory.close();
  }
}

/** `""` for a file directly below the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** File systems without hard links: the name is taken by an empty file, which the complete one then replaces. */
function linkOrRename(temporary: string, final: string): void {
  try {
    linkSync(temporary, final);
  } catch (cause) {
    const code = errorNumberName(cause);
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EOPNOTSUPP" && code !== "ENOSYS") throw cause;
    closeSync(openSync(final, "wx"));
    renameSync(temporary, final);
    return;
  }
  unlinkSync(temporary);
}

function makeRoots(directory: string): string[] {
  const made: string[] = [];
  for (let path = directory; ; path = dirname(path)) {
    if (isThere(path) || dirname(path) === path) break;
    made.unshift(path);
  }
  for (const [index, path] of made.entries()) {
    try {
      mkdirSync(path);
    } catch (cause) {
      removeDirectories(made.slice(0, index));
      const code = errorNumberName(cause);
      if (code === "EEXIST") throw targetExists(path, "there already", cause);
      if (code === "ENOTDIR") throw targetExists(path, "below something that is no directory", cause);
      throw writeFailure(path, cause);
    }
  }
  return made;
}

/** What lies below something that is no directory is not there either; making it tells. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    if (errorNumberName(cause) === "ENOTDIR") return false;
    throw writeFailure(path, cause);
  }
}

/** The one symlink that is followed is the root itself: the caller has named it. */
function resolveRoot(directory: string): string {
  try {
    return realpathSync(directory);
  } catch (cause) {
    throw targetExists(directory, "a symbolic link that leads nowhere", cause);
  }
}

/** Those that are empty. */
function removeDirectories(outermostFirst: readonly string[]): void {
  for (const path of outermostFirst.toReversed()) {
    try {
      rmdirSync(path);
    } catch {
      return;
    }
  }
}

function targetExists(path: string, state: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError("target_exists", `Cannot pull ${quoteForTerminal(path)}: it is ${state}`, {
    cause,
  });
}
