import type { Environment } from "../config/config.ts";

/** Where text and bytes go. */
export interface OutputSink {
  readonly isTerminal: boolean;
  /** Characters a line, for a bar; 80 where nobody knows. */
  readonly columns: number;
  /**
   * Answers false once the reader has gone away; then everything is dropped. Standard output throws
   * `output_unavailable` if it cannot be written for another reason; standard error never throws.
   */
  write(chunk: string | Uint8Array): Promise<boolean>;
}

/** What the command line has of the process; tests give their own. */
export interface CliIo {
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
  /** Standard input, a chunk at a time; to be read once. Ends with the signal's reason when that aborts. */
  stdin(signal: AbortSignal): AsyncIterable<Uint8Array>;
  readonly environment: Environment;
  /** Absolute. */
  readonly workingDirectory: string;
  /** Calls back on SIGINT and SIGTERM, until the returned function is called. */
  onSignal(listener: (name: "SIGINT" | "SIGTERM") => void): () => void;
  /** Calls back on SIGHUP, until the returned function is called. Where it is absent there is no such signal. */
  onHangUp?(listener: () => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}
