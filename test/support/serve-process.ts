import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { programCommand } from "./program.ts";

/** A server that runs as a process of its own. */
export interface ServeProcess {
  readonly url: string;
  readonly metricsUrl: string | undefined;
  readonly pid: number;
  /** Standard error so far. */
  log(): string;
  kill(signal: "SIGTERM" | "SIGHUP" | "SIGKILL" | "SIGINT"): void;
  /** The exit code, once it has ended; 128 if a signal ended it. */
  readonly ended: Promise<number>;
}

/** Starts `serve` on a free port unless one is given, in a directory, configured by variables without their prefix. */
export async function startServe(
  directory: string,
  variables: Readonly<Record<string, string>>,
  port = "0",
): Promise<ServeProcess> {
  const [command = "", ...words] = await programCommand();
  const { PATH = "", HOME = "", TMPDIR, DENO_DIR } = process.env;
  const environment: Record<string, string> = { PATH, HOME, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  if (TMPDIR !== undefined) environment["TMPDIR"] = TMPDIR;
  if (DENO_DIR !== undefined) environment["DENO_DIR"] = DENO_DIR;
  for (const [name, value] of Object.entries(variables)) environment[`ARTIFACTSTORE_${name}`] = value;
  const child = spawn(command, [...words, "serve", "--port", port], {
    cwd: directory,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk: Uint8Array) => {
    log += Buffer.from(chunk).toString("utf8");
  });
  const ended = new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? 128)));
  const { url, metrics_url } = await firstLine(child, () => log);
  return {
    url,
    metricsUrl: metrics_url,
    pid: child.pid ?? 0,
    log: () => log,
    kill(signal) {
      // Not `child.kill`: Deno's then says that the signal ended the child, whatever its exit code is.
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
        process.kill(child.pid, signal);
    },
    ended,
  };
}

/** What it prints when it listens. */
function firstLine(child: ChildProcess, log: () => string): Promise<{ url: string; metrics_url?: string }> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk: Uint8Array) => {
      text += Buffer.from(chunk).toString("utf8");
      if (text.includes("\n")) resolve(JSON.parse(text));
    });
    child.on("close", (code) => reject(new Error(`serve ended with ${code}: ${log()}`)));
  });
}
