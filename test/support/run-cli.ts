import type { CliIo, OutputSink } from "../../src/cli/cli-io.ts";
import type { CommandEntry } from "../../src/cli/command-table.ts";
import { runCli } from "../../src/cli/main.ts";
import { runtime } from "./test-runtime.ts";

export interface CliRun {
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  readonly isTerminal?: boolean;
  /** Standard input; nothing unless given. */
  readonly input?: readonly Uint8Array[];
  /** How many writes standard output takes before its reader goes away. */
  readonly readsOutput?: number;
  /** What standard output throws then, if it is not its reader that has gone away. */
  readonly outputError?: Error;
  /** Gets a function that raises a signal. */
  readonly onStart?: (raise: (name: "SIGINT" | "SIGTERM") => void) => void;
  readonly commands?: readonly CommandEntry[];
}

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  /** Standard output, byte for byte. */
  readonly bytes: Uint8Array;
  readonly stderr: string;
  /** Set when the process would have been ended at once. */
  readonly forcedExit: number | undefined;
}

/** Runs a command line in this process, on a process of its own making. */
export async function runCliHere(argv: readonly string[], run: CliRun = {}): Promise<CliResult> {
  const stdout = memorySink(
    run.isTerminal === true,
    run.readsOutput ?? Number.POSITIVE_INFINITY,
    run.outputError,
  );
  const stderr = memorySink(run.isTerminal === true, Number.POSITIVE_INFINITY);
  const listeners = new Set<(name: "SIGINT" | "SIGTERM") => void>();
  let forcedExit: number | undefined;
  const io: CliIo = {
    stdout,
    stderr,
    async *stdin() {
      yield* run.input ?? [];
    },
    environment: run.environment ?? {},
    workingDirectory: run.workingDirectory ?? "/",
    onSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    exit(code) {
      forcedExit = code;
    },
  };
  run.onStart?.((name) => {
    for (const listener of listeners) listener(name);
  });
  const exitCode = await runCli(runtime, argv, io, run.commands);
  return { exitCode, stdout: stdout.text(), bytes: stdout.bytes(), stderr: stderr.text(), forcedExit };
}

function memorySink(
  isTerminal: boolean,
  writes: number,
  error?: Error,
): OutputSink & { text(): string; bytes(): Uint8Array } {
  const chunks: Uint8Array[] = [];
  return {
    isTerminal,
    columns: 80,
    async write(chunk) {
      if (chunks.length >= writes && error !== undefined) throw error;
      if (chunks.length >= writes) return false;
      chunks.push(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
      return true;
    },
    text: () => Buffer.concat(chunks).toString("utf8"),
    bytes: () => new Uint8Array(Buffer.concat(chunks)),
  };
}
