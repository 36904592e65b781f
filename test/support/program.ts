import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { denoPath, ROOT } from "../../scripts/project.ts";
import { compiledBinary } from "./binary.ts";

/** How the program is started: compiled into one executable, or by Deno from its source. */
export type ProgramForm = "binary" | "deno";

/** What users run on the runtime that the tests run on: the binary under Bun, the source under Deno. */
export const PROGRAM_FORM: ProgramForm = process.versions["bun"] === undefined ? "deno" : "binary";

export interface ProgramRun {
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A command line that the program's own is put behind: `strace -f …`. */
  readonly behind?: readonly string[];
  readonly form?: ProgramForm;
  /** Called with the id of the process once it runs. */
  readonly onStart?: (pid: number) => void;
}

export interface ProgramResult {
  /** 128 if a signal ended it. */
  readonly exitCode: number;
  readonly signal: string | undefined;
  readonly stdout: string;
  /** Standard output, byte for byte. */
  readonly bytes: Uint8Array;
  readonly stderr: string;
}

/** The words that start the program. */
export async function programCommand(form: ProgramForm = PROGRAM_FORM): Promise<readonly string[]> {
  if (form === "binary") return [await compiledBinary()];
  return [denoPath(), "run", "-A", "--no-check", "--no-lock", join(ROOT, "src", "main.deno.ts")];
}

/** Runs the program to its end, as a process of its own with nothing of this one's settings. */
export async function runProgram(args: readonly string[], run: ProgramRun = {}): Promise<ProgramResult> {
  const words = [...(run.behind ?? []), ...(await programCommand(run.form)), ...args];
  const [command = "", ...rest] = words;
  const { PATH = "", HOME = "", TMPDIR, DENO_DIR } = process.env;
  const child = spawn(command, rest, {
    ...(run.cwd === undefined ? {} : { cwd: run.cwd }),
    env: {
      PATH,
      HOME,
      NO_COLOR: "1",
      DENO_NO_UPDATE_CHECK: "1",
      ...(TMPDIR === undefined ? {} : { TMPDIR }),
      ...(DENO_DIR === undefined ? {} : { DENO_DIR }),
      ...run.environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  child.stdout.on("data", (chunk: Uint8Array) => out.push(chunk));
  child.stderr.on("data", (chunk: Uint8Array) => err.push(chunk));
  if (child.pid !== undefined) run.onStart?.(child.pid);
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const bytes = new Uint8Array(Buffer.concat(out));
      resolve({
        exitCode: code ?? 128,
        signal: signal ?? undefined,
        stdout: Buffer.from(bytes).toString("utf8"),
        bytes,
        stderr: Buffer.concat(err).toString("utf8"),
      });
    });
  });
}
