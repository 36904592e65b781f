import { hostname } from "node:os";
import process from "node:process";

/**
 * Whether a holder (`host:process`) is a process of this host that is no more: a server that was killed and started again
 * need not wait for what it held itself to run out.
 */
export function isDeadHolder(holder: string): boolean {
  const at = holder.lastIndexOf(":");
  if (holder.slice(0, at) !== hostname()) return false;
  try {
    process.kill(Number(holder.slice(at + 1)), 0);
    return false;
  } catch (error) {
    return (error as { code?: unknown }).code === "ESRCH";
  }
}
