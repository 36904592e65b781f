import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** How often the peak of a process's memory is read from the kernel. */
const PEAK_POLL_MS = 20;

export interface TimedRun {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly watchMemory?: boolean;
}

export interface Timing {
  readonly ms: number;
  /** Peak resident memory, bytes; 0 if it was not watched. */
  readonly peakBytes: number;
  readonly stdout: string;
}

/**
 * Runs a program that must succeed and answers its wall time. The peak comes from the kernel's own high-water mark
 * (`VmHWM`, proc(5)): `getrusage` of a child would count what its parent had before `exec`.
 */
export async function timedProcess(words: readonly string[], run: TimedRun = {}): Promise<Timing> {
  const [command = "", ...args] = words;
  const startedMs = performance.now();
  const child = spawn(command, args, {
    ...(run.cwd === undefined ? {} : { cwd: run.cwd }),
    env: { ...process.env, ...run.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  let peakBytes = 0;
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const watch =
    run.watchMemory === true
      ? setInterval(() => {
          peakBytes = Math.max(peakBytes, highWaterBytes(child.pid));
        }, PEAK_POLL_MS)
      : undefined;
  try {
    const { code, ms } = await new Promise<{ code: number | null; ms: number }>((resolve, reject) => {
      let endedMs = 0;
      child.on("error", reject);
      child.on("exit", () => (endedMs = performance.now()));
      child.on("close", (exitCode) => resolve({ code: exitCode, ms: endedMs - startedMs }));
    });
    if (code !== 0) throw new Error(`"${words.join(" ")}" ended with ${code}: ${stderr.slice(-2000)}`);
    return { ms, peakBytes, stdout };
  } finally {
    clearInterval(watch);
  }
}

function highWaterBytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
