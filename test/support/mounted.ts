import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import process from "node:process";

/** A file system that only some processes see. */
export interface Mounted {
  /** Where the processes see it, and its root as everybody sees it. */
  readonly path: string;
  readonly outside: string;
  /** What a command line is put behind to see it. */
  readonly behind: readonly string[];
}

const AS_ROOT = process.geteuid?.() === 0;
/** Without root's rights, a user namespace grants mounting where the kernel allows that. */
const UNSHARE = ["unshare", AS_ROOT ? "-m" : "-rm"];

/** Why nothing can be mounted here, or `false`. */
export function whyNoMounts(): string | false {
  const probe = [...UNSHARE, "mount", "-t", "tmpfs", "none", "/tmp"];
  const [command = "", ...args] = probe;
  if (spawnSync(command, args, { stdio: "ignore" }).status === 0) return false;
  const reason = "this process may not mount file systems";
  console.error(`skipped: ${reason}`);
  return reason;
}

/** An empty file system of a few bytes in memory, at a directory that exists. */
export function withTmpfs<T>(
  path: string,
  sizeBytes: number,
  work: (mounted: Mounted) => Promise<T>,
): Promise<T> {
  return withMount(path, `mount -t tmpfs -o size=${sizeBytes} none "$1"`, work);
}

/** A directory that cannot be written, whoever tries. */
export function withReadOnly<T>(path: string, work: (mounted: Mounted) => Promise<T>): Promise<T> {
  return withMount(path, 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"', work);
}

/**
 * The mount lives in a namespace of its own, held by a process that waits for its standard input to end: whatever
 * happens to the tests, nothing stays mounted.
 */
async function withMount<T>(path: string, mount: string, work: (mounted: Mounted) => Promise<T>): Promise<T> {
  const [command = "", ...args] = UNSHARE;
  const program = `${mount} && echo mounted && exec cat`;
  const holder = spawn(command, [...args, "sh", "-ec", program, "sh", path], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    await firstOutput(holder);
    const namespaces = AS_ROOT ? ["-m"] : ["-U", "--preserve-credentials", "-m"];
    const behind = ["nsenter", "-t", String(holder.pid), ...namespaces];
    return await work({ path, outside: `/proc/${holder.pid}/root${path}`, behind });
  } finally {
    holder.stdin?.end();
    if (holder.exitCode === null) await new Promise((resolve) => holder.once("exit", resolve));
  }
}

function firstOutput(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the mount failed with ${code}`)));
  });
}
