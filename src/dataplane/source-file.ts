import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { ArtifactstoreError } from "../core/errors.ts";
import { describeSourceChange, type SourceIdentity } from "../core/source-identity.ts";
import { escapeForTerminal, quoteForTerminal } from "../core/terminal-text.ts";

/** A file that is to be read, as it was when its directory was walked. */
export interface SourceFile extends SourceIdentity {
  /** What people call it in messages: the package path. */
  readonly path: string;
  readonly absolutePath: string;
}

/** Symlinks are not followed, and the opening of a FIFO does not wait for its other end. Windows has neither flag. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Opens the file that was walked, and no other; the caller owns the descriptor. What was opened is compared with what
 * was walked, by descriptor, so that a file swapped in between is never read. O_NOFOLLOW looks at the last segment
 * only: device and inode tell when a directory above it was swapped.
 *
 * Throws `source_changed`, or `source_refused` where the file may not be read.
 */
export function openSource(source: SourceFile): number {
  const descriptor = openUnchecked(source);
  try {
    checkUnchanged(source, fstatSync(descriptor));
  } catch (cause) {
    closeSync(descriptor);
    throw cause;
  }
  return descriptor;
}

/** For a caller that compares by `checkUnchanged` before it uses what it reads. */
export function openUnchecked(source: SourceFile): number {
  try {
    return openSync(source.absolutePath, OPEN_FLAGS);
  } catch (cause) {
    throw openFailure(source, cause);
  }
}

/** Compares an open file with the walk; before the first byte and again after the last. Throws `source_changed`. */
export function checkUnchanged(source: SourceFile, now: Stats): void {
  const change = describeSourceChange(source, now);
  if (change !== undefined) throw sourceChanged(source, change);
}

/** @param state what became of it, to follow "it" in a sentence */
export function sourceChanged(source: SourceFile, state: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError(
    "source_changed",
    `Cannot read ${quoteForTerminal(source.path)}: it ${state}`,
    {
      cause,
      errors: [{ pointer: escapeForTerminal(source.path), message: state }],
    },
  );
}

function openFailure(source: SourceFile, cause: unknown): ArtifactstoreError {
  const code = errorNumberName(cause) ?? messageOf(cause);
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return sourceChanged(source, "is no longer there", cause);
    case "ELOOP":
    case "EMLINK":
      return sourceChanged(source, "is a symbolic link now", cause);
    case "ENXIO":
      return sourceChanged(source, "is no regular file now", cause);
    default: {
      const message = `cannot be opened (${code})`;
      return new ArtifactstoreError(
        "source_refused",
        `Cannot read ${quoteForTerminal(source.path)}: it ${message}`,
        {
          cause,
          errors: [{ pointer: escapeForTerminal(source.path), message }],
        },
      );
    }
  }
}

/** Reads into a buffer; a disk that fails, or a directory in the file's place, is the source's fault and not ours. */
export function readChunk(
  source: SourceFile,
  descriptor: number,
  into: Uint8Array,
  offset: number,
  length: number,
): number {
  try {
    return readSync(descriptor, into, offset, length, null);
  } catch (cause) {
    checkUnchanged(source, fstatSync(descriptor));
    const message = `cannot be read (${errorNumberName(cause) ?? messageOf(cause)})`;
    throw new ArtifactstoreError(
      "source_refused",
      `Cannot read ${quoteForTerminal(source.path)}: it ${message}`,
      {
        cause,
        errors: [{ pointer: escapeForTerminal(source.path), message }],
      },
    );
  }
}

/** `ENOENT` and the like; `undefined` for errors that are not the operating system's. */
export function errorNumberName(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
