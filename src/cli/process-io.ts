import { fstatSync, writeSync } from "node:fs";
import process from "node:process";
import { ArtifactstoreError } from "../core/errors.ts";
import type { CliIo, OutputSink } from "./cli-io.ts";
import { readChunks } from "./read-chunks.ts";

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
/** How long to wait for the reader of a non-blocking pipe that is full. */
const PIPE_FULL_WAIT_MS = 2;

/** The real process. */
export function processIo(): CliIo {
  return {
    stdout: descriptorSink(STDOUT),
    stderr: descriptorSink(STDERR),
    stdin: (signal) => readChunks(STDIN, signal),
    environment: process.env,
    workingDirectory: process.cwd(),
    onSignal(listener) {
      const interrupt = () => listener("SIGINT");
      const terminate = () => listener("SIGTERM");
      process.on("SIGINT", interrupt);
      process.on("SIGTERM", terminate);
      return () => {
        process.off("SIGINT", interrupt);
        process.off("SIGTERM", terminate);
      };
    },
    onHangUp(listener) {
      process.on("SIGHUP", listener);
      return () => process.off("SIGHUP", listener);
    },
    exit: (code) => process.exit(code),
  };
}

/**
 * Writes with write(2) and not through `process.stdout`: that stream takes 15 ms to set up, twice the start-up of the
 * whole program, and loses what is still buffered when the process exits.
 */
function descriptorSink(descriptor: number): OutputSink {
  let open = true;
  return {
    get isTerminal() {
      return isTerminal(descriptor);
    },
    get columns() {
      const stream = descriptor === STDERR ? process.stderr : process.stdout;
      return stream.columns ?? 80;
    },
    async write(chunk) {
      let rest = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
      while (open && rest.length > 0) {
        try {
          rest = rest.subarray(writeSync(descriptor, rest));
        } catch (error) {
          const code = error instanceof Error && "code" in error ? error.code : undefined;
          if (code === "EAGAIN") await new Promise((wake) => setTimeout(wake, PIPE_FULL_WAIT_MS));
          else if (isReaderGone(descriptor, code) || (descriptor === STDERR && code !== "EINTR"))
            open = false;
          else if (code !== "EINTR") throw outputUnavailable(error);
        }
      }
      return open;
    },
  };
}

/** A terminal that was hung up says EIO; of a file that is an error of its disk. */
function isReaderGone(descriptor: number, code: unknown): boolean {
  return code === "EPIPE" || (code === "EIO" && fstatSync(descriptor).isCharacterDevice());
}

/** A full disk, or a descriptor that is not open for writing. */
function outputUnavailable(cause: unknown): ArtifactstoreError {
  const state = cause instanceof Error ? cause.message : String(cause);
  return new ArtifactstoreError(
    "output_unavailable",
    `Cannot write the result: standard output does not take it ("${state}")`,
    { cause },
  );
}

/** `node:tty` takes 3 ms to load, so it is loaded when somebody asks. */
function isTerminal(descriptor: number): boolean {
  return process.getBuiltinModule("node:tty").isatty(descriptor);
}
