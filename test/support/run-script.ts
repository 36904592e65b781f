import { spawn } from "node:child_process";
import process from "node:process";
import { runtime } from "./test-runtime.ts";

/**
 * Runs a script on this runtime in a process of its own; answers what it printed if it failed, else nothing.
 *
 * @param behind a command line that the process is put behind: `nsenter …`
 */
export function runScript(
  script: string,
  parameters: readonly string[],
  behind: readonly string[] = [],
): Promise<string> {
  const flags = runtime.name === "bun" ? [] : ["run", "--allow-all", "--no-check"];
  const [command = "", ...rest] = [...behind, process.execPath, ...flags, script, ...parameters];
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    for (const output of [child.stdout, child.stderr]) {
      output.on("data", (chunk) => {
        printed += chunk;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0 ? "" : `exit ${code}: ${printed}`));
  });
}
