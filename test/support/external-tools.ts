import { spawnSync } from "node:child_process";
import process from "node:process";

/**
 * Why a test that needs a program of the system is skipped, or `false`. Under `CI=true` nothing is skipped: the test
 * then runs and fails, for there a missing program is a mistake.
 *
 * @param probe a command line that succeeds where the program is there
 */
export function whyWithout(name: string, probe: readonly string[]): string | false {
  if (process.env["CI"] === "true" || succeeds(probe)) return false;
  const reason = `"${name}" is not installed`;
  console.error(`skipped: ${reason}`);
  return reason;
}

function succeeds(words: readonly string[]): boolean {
  const [command = "", ...args] = words;
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/** Runs a program that must succeed; answers its standard output. */
export function outputOf(command: string, args: readonly string[], input?: Uint8Array): string {
  const result = spawnSync(command, args, {
    maxBuffer: 64 * 1024 * 1024,
    ...(input === undefined ? {} : { input }),
  });
  if (result.status !== 0) {
    throw new Error(`"${command}" ended with ${result.status ?? result.signal}: ${String(result.stderr)}`);
  }
  return String(result.stdout);
}

/** The first word of each line: what `b3sum` and `sha256sum` print before the name. */
export function sumsOf(command: string, paths: readonly string[]): string[] {
  return outputOf(command, ["--", ...paths])
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" ")[0]?.replace(/^\\/, "") ?? "");
}
