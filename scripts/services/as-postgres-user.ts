import { chownSync } from "node:fs";
import process from "node:process";
import { requireTool, type ToolOptions } from "../run-tool.ts";

/** Who runs the server where we are root, which PostgreSQL refuses to run as; Debian's packages make it. */
const USER = "postgres";

/** Runs a program to its end as ourselves, or as `postgres` where we are root. */
export function runAsPostgresUser(command: string, args: readonly string[], options: ToolOptions = {}) {
  return isRoot()
    ? requireTool("runuser", ["-u", USER, "--", command, ...args], { cwd: "/", ...options })
    : requireTool(command, args, options);
}

/** Gives a file or directory to whoever runs the server. */
export async function giveToPostgresUser(path: string): Promise<void> {
  if (!isRoot()) return;
  const id = async (flag: string) => Number(await requireTool("id", [flag, USER]));
  chownSync(path, await id("-u"), await id("-g"));
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
