import { spawn } from "node:child_process";
import process from "node:process";
import { ROOT } from "./project.ts";

export interface ToolOptions {
  readonly cwd?: string;
  /** Added to the environment; `undefined` removes a variable. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Only what `environment` gives, and nothing of this process's. */
  readonly cleanEnvironment?: boolean;
  /** Whether its output is also shown, as it comes, on standard error. */
  readonly show?: boolean;
}

export interface ToolResult {
  /** 128 and more: ended by a signal. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Standard input is empty. Rejects only if it cannot be started. */
export function runTool(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  const inherited = options.cleanEnvironment === true ? {} : process.env;
  const child = spawn(command, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...inherited, ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const chunks = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].on("data", (chunk: Uint8Array) => {
      chunks[stream].push(chunk);
      if (options.show === true) process.stderr.write(chunk);
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const text = (stream: "stdout" | "stderr") => Buffer.concat(chunks[stream]).toString("utf8");
      resolve({ exitCode: code ?? 128, stdout: text("stdout"), stderr: text("stderr") });
    });
  });
}

/** The same for a step that must succeed; answers its standard output. */
export async function requireTool(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<string> {
  const result = await runTool(command, args, options);
  if (result.exitCode !== 0) {
    const shown = options.show === true ? "" : `\n${result.stdout}${result.stderr}`;
    throw new Error(`"${[command, ...args].join(" ")}" ended with exit code ${result.exitCode}${shown}`);
  }
  return result.stdout;
}
