import { createHash } from "node:crypto";
import { hostname } from "node:os";
import process from "node:process";
import { errorNumberName } from "../dataplane/source-file.ts";

/** A temporary file of a process that cannot be asked about (another host's) is nobody's after so long. Milliseconds. */
const UNKNOWN_OWNER_MS = 24 * 3_600_000;

/** Tells hosts that share a file system apart; the name itself may have characters that a file's may not. */
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/** `artifactstore-<host>-<process>-<uuid>`, then what each file of the pull adds. */
const LEFTOVER =
  /^\.artifactstore-([0-9a-f]{8})-([1-9][0-9]{0,9})-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-(?:[0-9]{1,16}\.part|probe-.{1,2})$/u;

/** What the names of one pull's temporary files begin with: whose they are shows without opening them. */
export function pullNamePrefix(uniqueId: string): string {
  return `artifactstore-${HOST}-${process.pid}-${uniqueId}`;
}

/**
 * Whether a file is what a pull left that has died: it has the name that only a pull gives, and its process is no more.
 * Where that cannot be known (another host, or a number that another process has by now) its age decides.
 *
 * @param ageMs since its last change
 */
export function isPullLeftover(name: string, ageMs: number): boolean {
  const [, host, pid] = LEFTOVER.exec(name) ?? [];
  if (host === undefined) return false;
  return (host === HOST && !isRunning(Number(pid))) || ageMs >= UNKNOWN_OWNER_MS;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not permitted to signal it: it is there, and somebody else's.
    return errorNumberName(error) !== "ESRCH";
  }
}
