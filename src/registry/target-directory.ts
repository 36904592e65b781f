import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  type Stats,
  statSync,
} from "node:fs";
import { platform } from "node:process";
import { ArtifactstoreError } from "../core/errors.ts";
import { describeFileType, isDirectory } from "../core/source-identity.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import { errorNumberName, messageOf } from "../dataplane/source-file.ts";

const OPEN_FLAGS =
  constants.O_RDONLY |
  (constants.O_DIRECTORY ?? 0) |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NONBLOCK ?? 0);

/**
 * A directory that is written to, held open. Threat: somebody who may write there too swaps a directory for a symlink
 * between the check and the write, and the write lands elsewhere. On Linux every name is reached through the open
 * descriptor (`/proc/self/fd/N/name`, what openat(2) is to other languages), so that the directory that was checked is
 * the one that is written to, wherever its path leads by then. Elsewhere the path is compared again at each use.
 */
export class TargetDirectory {
  readonly path: string;
  /** `undefined` on Windows, which opens no directories. */
  readonly #descriptor: number | undefined;
  readonly #anchor: string | undefined;
  readonly #identity: Stats;

  /** Takes over the descriptor. */
  private constructor(path: string, descriptor: number | undefined, identity: Stats) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#identity = identity;
    this.#anchor = descriptor === undefined ? undefined : anchorOf(descriptor, identity);
  }

  /**
   * Opens what is a directory and no symlink. Throws `target_exists` for anything else.
   *
   * @param path for messages
   * @param access how to reach it: below the directory above it
   */
  static open(path: string, access: string): TargetDirectory {
    if (platform === "win32") {
      const identity = lstatSync(access);
      if (!isDirectory(identity)) throw notADirectory(path, describeFileType(identity));
      return new TargetDirectory(path, undefined, identity);
    }
    let descriptor: number;
    try {
      descriptor = openSync(access, OPEN_FLAGS);
    } catch (cause) {
      const code = errorNumberName(cause);
      if (code === "ENOTDIR" || code === "ELOOP" || code === "EMLINK") {
        const stat = lstatSync(access, { throwIfNoEntry: false });
        throw notADirectory(path, stat === undefined ? "no directory" : describeFileType(stat), cause);
      }
      throw new ArtifactstoreError(
        "storage_read_only",
        `Cannot open directory ${quoteForTerminal(path)}: ${messageOf(cause)}`,
        { cause },
      );
    }
    return new TargetDirectory(path, descriptor, fstatSync(descriptor));
  }

  /** The path by which a name in this directory is reached; to be used at once. */
  child(name: string): string {
    if (this.#anchor !== undefined) return `${this.#anchor}/${name}`;
    const now = lstatSync(this.path, { throwIfNoEntry: false });
    if (
      now === undefined ||
      !isDirectory(now) ||
      now.dev !== this.#identity.dev ||
      now.ino !== this.#identity.ino
    ) {
      throw notADirectory(this.path, "another directory now");
    }
    return `${this.path}/${name}`;
  }

  /** Makes the names in it durable. */
  sync(): void {
    if (this.#descriptor !== undefined) fsyncSync(this.#descriptor);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }
}

/** `undefined` where the system has no such names. */
function anchorOf(descriptor: number, identity: Stats): string | undefined {
  if (platform !== "linux") return undefined;
  const anchor = `/proc/self/fd/${descriptor}`;
  try {
    const { dev, ino } = statSync(anchor);
    return dev === identity.dev && ino === identity.ino ? anchor : undefined;
  } catch {
    return undefined;
  }
}

function notADirectory(path: string, state: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError(
    "target_exists",
    `Cannot pull into directory ${quoteForTerminal(path)}: it is ${state}`,
    { cause },
  );
}
