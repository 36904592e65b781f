import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { platform } from "node:process";
import { ArtifactstoreError, type ErrorCode } from "../core/errors.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import { isPullLeftover, pullNamePrefix } from "../registry/pull-leftovers.ts";

/** A file that only its owner reads: it holds what the registry knows. */
const MODE = 0o600;

/** Failures of link(2) that say that there are no links here. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: "storage_full",
  EDQUOT: "storage_full",
  EFBIG: "storage_full",
};

/**
 * Writes a file so that it is either there whole or not at all. Order: everything under a temporary name beside it;
 * fsync of the file; the right name, which without `force` fails if somebody else has it by then; fsync of the
 * directory. Stopped at any point, it leaves at most the file of the temporary name.
 *
 * @param path absolute
 * @returns the file's size in bytes
 * Throws `target_exists` (with `force` only for what is no regular file), `storage_full`, `output_unavailable`, and
 * whatever the chunks throw.
 */
export async function writeOutputFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly force: boolean; readonly signal: AbortSignal },
): Promise<number> {
  checkTarget(path, options.force);
  clearLeftovers(dirname(path));
  const temporary = join(dirname(path), `.${pullNamePrefix(randomUUID())}-0.part`);
  try {
    const sizeBytes = await writeDurably(path, temporary, chunks, options.signal);
    attempt(path, () => putInPlace(path, temporary, options.force));
    attempt(path, () => syncDirectory(dirname(path)));
    return sizeBytes;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Files of writers that were killed, as a pull leaves and clears them; only tidying. */
function clearLeftovers(directory: string): void {
  try {
    for (const name of readdirSync(directory)) {
      const found = join(directory, name);
      const state = name.endsWith(".part") ? lstatSync(found, { throwIfNoEntry: false }) : undefined;
      if (state?.isFile() && isPullLeftover(name, Date.now() - state.mtimeMs)) rmSync(found, { force: true });
    }
  } catch {
    // What cannot be listed or removed is not in the way.
  }
}

/** Throws `target_exists`. Call it before a long work whose result goes there. */
export function checkTarget(path: string, force: boolean): void {
  const found = attempt(path, () => lstatSync(path, { throwIfNoEntry: false }));
  if (found === undefined || (force && found.isFile())) return;
  throw targetExists(path, found.isFile() ? "it is there already" : "it is there and no regular file");
}

async function writeDurably(
  path: string,
  temporary: string,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<number> {
  const descriptor = attempt(path, () => openSync(temporary, "wx", MODE));
  try {
    let sizeBytes = 0;
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      for (let at = 0; at < chunk.length; ) {
        at += attempt(path, () => writeSync(descriptor, chunk, at, chunk.length - at));
      }
      sizeBytes += chunk.length;
    }
    attempt(path, () => fsyncSync(descriptor));
    return sizeBytes;
  } finally {
    closeSync(descriptor);
  }
}

function putInPlace(path: string, temporary: string, force: boolean): void {
  if (!force) {
    try {
      linkSync(temporary, path);
      return;
    } catch (error) {
      const code = errorName(error);
      if (code === "EEXIST") throw targetExists(path, "somebody else has made it meanwhile", error);
      if (!NO_LINKS.has(code)) throw error;
      if (existsSync(path)) throw targetExists(path, "somebody else has made it meanwhile", error);
    }
  }
  renameSync(temporary, path);
}

/** Windows opens no directories, and keeps names by itself. */
function syncDirectory(path: string): void {
  if (platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function attempt<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    if (cause instanceof ArtifactstoreError) throw cause;
    const detail = cause instanceof Error ? cause.message : String(cause);
    const code = CODES[errorName(cause)] ?? "output_unavailable";
    throw new ArtifactstoreError(code, `Cannot write ${quoteForTerminal(path)}: ${detail}`, { cause });
  }
}

function targetExists(path: string, state: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError("target_exists", `Cannot write ${quoteForTerminal(path)}: ${state}`, {
    cause,
  });
}

function errorName(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}
