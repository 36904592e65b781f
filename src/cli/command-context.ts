import type { Config, Environment } from "../config/config.ts";
import type { Runtime } from "../core/runtime-port.ts";
import type { OutputSink } from "./cli-io.ts";
import type { Notices } from "./notices.ts";
import type { ProgressReporter } from "./progress.ts";
import type { ResultWriter } from "./result-writer.ts";
import type { ServerAddress } from "./server-address.ts";

/** What a command has to work with. Nothing of the process is reached past it. */
export interface CommandContext {
  readonly runtime: Runtime;
  readonly environment: Environment;
  /** Absolute. */
  readonly workingDirectory: string;
  /** Standard output: results, for programs. */
  readonly out: ResultWriter;
  /** Standard input, a chunk at a time; to be read once. Throws when `signal` aborts. */
  stdin(): AsyncIterable<Uint8Array>;
  /** Standard error: notices, for people. */
  readonly notices: Notices;
  /** Aborts on SIGINT, SIGTERM and when the reader of standard output has gone away. */
  readonly signal: AbortSignal;
  /** How long the command may take to end in order once `signal` has aborted, if more than the usual. Milliseconds. */
  extendGrace(graceMs: number): void;
  /** Calls back on SIGHUP, until the returned function is called. */
  onHangUp(listener: () => void): () => void;
  /** Read once, when a command first asks for it; its warnings go to `notices`. Throws `configuration`. */
  loadConfig(): Promise<Config>;
  /** The server that this command is to work through; `undefined`: it works directly. */
  server(): Promise<ServerAddress | undefined>;
  /** Standard error as it is, for a command that writes a log there. */
  readonly stderr: OutputSink;
  /** A bar on a terminal, plain lines elsewhere, nothing under `--quiet`. */
  startProgress(label: string): ProgressReporter;
}
