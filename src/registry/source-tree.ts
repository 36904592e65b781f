import type { Stats } from "node:fs";
import { closeSync, lstatSync, readdirSync, realpathSync } from "node:fs";
import { geteuid } from "node:process";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ArtifactstoreError, isArtifactstoreError } from "../core/errors.ts";
import { PACKAGE_FILES_MAX } from "../core/limits.ts";
import { brokenPathRule } from "../core/package-path.ts";
import {
  describeFileType,
  isDirectory,
  isRegularFile,
  type SourceIdentity,
  sourceIdentity,
} from "../core/source-identity.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import { compareUtf8 } from "../core/utf8-order.ts";
import { errorNumberName, messageOf, openSource } from "../dataplane/source-file.ts";
import { isClearlyReadable } from "./clearly-readable.ts";
import { createPathExclusion, type PathExclusion } from "./path-exclusion.ts";
import { refuseSource, type SourceRefusal, SourceRefusals } from "./source-refusal.ts";

/** One regular file below a directory, as the walk saw it. */
export interface SourceEntry extends SourceIdentity {
  /** Its package path: relative to the root, checked. */
  readonly path: string;
  readonly absolutePath: string;
}

export interface SourceTree {
  /** The directory itself, with the symlinks above it resolved. */
  readonly root: string;
  /** In order of UTF-8 bytes of the path. */
  readonly entries: readonly SourceEntry[];
  /** What a glob left out: files, and directories with a trailing slash (nothing below those is listed). */
  readonly excluded: readonly string[];
  readonly exclusion: PathExclusion;
  /** What cannot become a file of a package, as far as it is listed; empty in what `walkSourceTree` answers. */
  readonly refusals: readonly SourceRefusal[];
  readonly unlistedRefusals: number;
}

export interface SourceTreeOptions {
  /** See `createPathExclusion`. What is left out draws no refusal, whatever it is. */
  readonly exclude?: readonly string[];
  readonly signal?: AbortSignal;
  /** Called now and then in a walk of many files, so that the caller can get ready for them. */
  readonly onMany?: () => void;
  /** At most `PACKAGE_FILES_MAX`, which is also what it is without this. */
  readonly maxFiles?: number;
}

/**
 * Every regular file below a directory. No symlink is followed, but the one that the caller names as root. Empty
 * directories are not kept.
 *
 * Throws one error that names every offence: `invalid_path` if only names break rules, otherwise `source_refused`
 * (symlinks, FIFOs, sockets, devices, what cannot be read; the root is no directory); `limit_exceeded`.
 */
export async function walkSourceTree(root: string, options: SourceTreeOptions = {}): Promise<SourceTree> {
  const tree = await scanSourceTree(root, options);
  if (tree.refusals.length > 0) refuseSource(root, tree.refusals, tree.unlistedRefusals);
  return tree;
}

/** As `walkSourceTree`, but answers the refusals for callers that need only a part of the tree. */
export async function scanSourceTree(root: string, options: SourceTreeOptions = {}): Promise<SourceTree> {
  const exclusion = await createPathExclusion(options.exclude ?? []);
  return await new Walk(resolveRoot(root), exclusion, options).run();
}

interface Child {
  readonly name: string;
  readonly stat: Stats;
  /** Directories sort as the paths below them do: with their slash. */
  readonly sortKey: string;
}

interface Frame {
  /** `""`, or a package path with a trailing slash. */
  readonly prefix: string;
  readonly absolutePath: string;
  readonly children: readonly Child[];
  next: number;
}

/** How many files are looked at before other work of the process gets its turn. */
const FILES_PER_TURN = 1024;

/** Threads that the caller of a walk of many files is sure to have use for. */
export const THREADS_FOR_MANY = 2;

class Walk {
  /** Asked once: the call takes as long as looking at a file. */
  readonly #user = geteuid?.();
  readonly #root: string;
  readonly #exclusion: PathExclusion;
  readonly #signal: AbortSignal | undefined;
  readonly #onMany: (() => void) | undefined;
  readonly #maxFiles: number;
  readonly #entries: SourceEntry[] = [];
  readonly #excluded: string[] = [];
  readonly #refusals = new SourceRefusals();
  #looksThisTurn = 0;

  constructor(root: string, exclusion: PathExclusion, options: SourceTreeOptions) {
    this.#root = root;
    this.#exclusion = exclusion;
    this.#signal = options.signal;
    this.#onMany = options.onMany;
    this.#maxFiles = Math.min(options.maxFiles ?? PACKAGE_FILES_MAX, PACKAGE_FILES_MAX);
  }

  /** Depth first, children in byte order: the entries come out sorted and need no sort of the whole. */
  async run(): Promise<SourceTree> {
    const first = await this.#enter("", this.#root, lstatSync(this.#root));
    const stack: Frame[] = first === undefined ? [] : [first];
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const child = frame.children[frame.next];
      if (child === undefined) {
        stack.pop();
        continue;
      }
      frame.next += 1;
      const path = frame.prefix + child.name;
      const absolutePath = `${frame.absolutePath}/${child.name}`;
      if (isDirectory(child.stat)) {
        const below = await this.#enter(`${path}/`, absolutePath, child.stat);
        if (below !== undefined) stack.push(below);
      } else {
        this.#add(path, absolutePath, child.stat);
      }
    }
    return {
      root: this.#root,
      entries: this.#entries,
      excluded: this.#excluded,
      exclusion: this.#exclusion,
      refusals: this.#refusals.list(),
      unlistedRefusals: this.#refusals.unlistedCount,
    };
  }

  #add(path: string, absolutePath: string, stat: Stats): void {
    if (this.#entries.length >= this.#maxFiles) {
      throw new ArtifactstoreError(
        "limit_exceeded",
        `Cannot read source directory ${quoteForTerminal(this.#root)}: it has more than ${this.#maxFiles} files`,
      );
    }
    const entry: SourceEntry = { path, absolutePath, ...sourceIdentity(stat) };
    if (isClearlyReadable(stat, this.#user) || this.#canOpen(entry)) this.#entries.push(entry);
  }

  #canOpen(entry: SourceEntry): boolean {
    try {
      closeSync(openSource(entry));
      return true;
    } catch (error) {
      if (!isArtifactstoreError(error)) throw error;
      const kind = error.code === "source_changed" ? "changed" : "unreadable";
      this.#refusals.add(entry.path, kind, error.errors[0]?.message ?? error.message);
      return false;
    }
  }

  /** Lists a directory and looks at everything in it. */
  async #enter(prefix: string, absolutePath: string, before: Stats): Promise<Frame | undefined> {
    let names: string[];
    try {
      names = readdirSync(absolutePath);
    } catch (cause) {
      this.#refusals.add(prefix, "unreadable", `cannot be listed (${errorCode(cause)})`);
      return undefined;
    }
    const children: Child[] = [];
    const lossy = new Set<string>();
    for (const name of names) {
      if (this.#looksThisTurn++ >= FILES_PER_TURN) await this.#yield();
      const child = this.#look(prefix, absolutePath, name, lossy);
      if (child !== undefined) children.push(child);
    }
    // The threat: the directory was swapped for a symlink after it was seen and before it was listed.
    const after = lstatSync(absolutePath, { throwIfNoEntry: false });
    if (after === undefined || after.dev !== before.dev || after.ino !== before.ino || !isDirectory(after)) {
      this.#refusals.add(prefix, "changed", "changed while it was listed");
      return undefined;
    }
    children.sort((a, b) => compareUtf8(a.sortKey, b.sortKey));
    return { prefix, absolutePath, children, next: 0 };
  }

  #look(prefix: string, directory: string, name: string, lossy: Set<string>): Child | undefined {
    const path = prefix + name;
    let stat: Stats | undefined;
    try {
      stat = lstatSync(`${directory}/${name}`, { throwIfNoEntry: false });
    } catch (cause) {
      // A directory may be listed, but not searched; or the whole path is longer than the system takes.
      if (this.#exclusion.matches(path)) this.#excluded.push(path);
      else this.#refusals.add(path, "unreadable", `cannot be looked at (${errorCode(cause)})`);
      return undefined;
    }
    if (this.#exclusion.matches(path)) {
      this.#excluded.push(stat !== undefined && isDirectory(stat) ? `${path}/` : path);
      return undefined;
    }
    // Runtimes list a name that is not UTF-8 with U+FFFD in it, and no file is found under that spelling: or the same
    // spelling is listed twice, when a file of exactly that name lies beside it.
    if (name.includes("\ufffd")) {
      if (stat === undefined || lossy.has(name)) {
        this.#refusals.add(path, "path", "has a name that is not valid UTF-8");
        return undefined;
      }
      lossy.add(name);
    }
    if (stat === undefined) {
      this.#refusals.add(path, "changed", "vanished while the directory was listed");
      return undefined;
    }
    const directoryHere = isDirectory(stat);
    if (!directoryHere && !isRegularFile(stat)) {
      this.#refusals.add(path, "type", `is ${describeFileType(stat)}`);
      return undefined;
    }
    const rule = brokenPathRule(path);
    if (rule !== undefined) {
      this.#refusals.add(path, "path", `is refused as a package path: ${rule}`);
      return undefined;
    }
    return { name, stat, sortKey: directoryHere ? `${name}/` : name };
  }

  async #yield(): Promise<void> {
    this.#looksThisTurn = 0;
    this.#onMany?.();
    await nextTurn();
    this.#signal?.throwIfAborted();
  }
}

function resolveRoot(root: string): string {
  let failure: string;
  try {
    const path = realpathSync(root);
    if (isDirectory(lstatSync(path))) return path;
    failure = "it is not a directory";
  } catch (cause) {
    failure =
      errorCode(cause) === "ENOENT" ? "it does not exist" : `it cannot be opened (${errorCode(cause)})`;
  }
  throw new ArtifactstoreError(
    "source_refused",
    `Cannot read source directory ${quoteForTerminal(root)}: ${failure}`,
  );
}

function errorCode(cause: unknown): string {
  return errorNumberName(cause) ?? messageOf(cause);
}
