/** Which file a path named when the tree was walked, and which bytes it held, as far as a stat can tell. */
export interface SourceIdentity {
  readonly device: number;
  readonly inode: number;
  readonly sizeBytes: number;
  /** Milliseconds since 1970, as fine as the runtime gives them. */
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** The part of `fs.Stats` that is looked at. */
export interface SourceStat {
  readonly mode: number;
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const SYMLINK = 0o120000;

const SPECIAL_FILES: Readonly<Record<number, string>> = {
  [SYMLINK]: "a symbolic link",
  [DIRECTORY]: "a directory",
  [0o010000]: "a FIFO",
  [0o140000]: "a socket",
  [0o020000]: "a character device",
  [0o060000]: "a block device",
};

export function isRegularFile(stat: { readonly mode: number }): boolean {
  return (stat.mode & TYPE_MASK) === REGULAR;
}

export function isDirectory(stat: { readonly mode: number }): boolean {
  return (stat.mode & TYPE_MASK) === DIRECTORY;
}

/** The type of a file in words: `a FIFO`, `a symbolic link`. */
export function describeFileType(stat: { readonly mode: number }): string {
  return isRegularFile(stat) ? "a regular file" : (SPECIAL_FILES[stat.mode & TYPE_MASK] ?? "a special file");
}

export function sourceIdentity(stat: SourceStat): SourceIdentity {
  return {
    device: stat.dev,
    inode: stat.ino,
    sizeBytes: stat.size,
    mtimeMs: stat.mtimeMs,
    ctimeMs: stat.ctimeMs,
  };
}

/**
 * What is no longer as it was, or `undefined`. Asked after opening (the threat: a path that was a plain file during
 * the walk leads to another file now) and after reading (a file written to meanwhile). The time of status change is
 * compared too, because a writer can set the time of modification back.
 */
export function describeSourceChange(expected: SourceIdentity, found: SourceStat): string | undefined {
  if (!isRegularFile(found)) return `is ${describeFileType(found)} now`;
  if (found.dev !== expected.device || found.ino !== expected.inode) return "is another file now";
  if (found.size !== expected.sizeBytes) {
    return `had ${expected.sizeBytes} bytes and has ${found.size} bytes now`;
  }
  if (found.mtimeMs !== expected.mtimeMs || found.ctimeMs !== expected.ctimeMs)
    return "was changed meanwhile";
  return undefined;
}
