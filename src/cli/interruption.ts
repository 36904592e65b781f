import type { CliIo } from "./cli-io.ts";

type SignalName = "SIGINT" | "SIGTERM";

/** 128 and the number of the signal, as shells have it. */
export const SIGNAL_EXITS = { SIGINT: 130, SIGTERM: 143, SIGPIPE: 141 } as const;
/** How long a command may take to end in order. */
const GRACE_MS = 10_000;

/** Why a command should end before it is done. */
export interface Interruption {
  /**
   * Aborts on SIGINT, SIGTERM, and when standard output can no longer be written. Signals are caught only once a command
   * has asked for this; until then they end the process at once, as ever.
   */
  signal(): AbortSignal;
  /** Without an error: its reader has gone away. */
  outputLost(error?: unknown): void;
  /** What `outputLost` was told; `undefined` while standard output is well. */
  lostOutput(): { readonly error: unknown } | undefined;
  /** For people; `undefined` where there is nobody to tell. */
  reason(): SignalName | undefined;
  /** `undefined` unless interrupted. */
  exitCode(): number | undefined;
  /** From now on a command has that long to end in order, if that is more than before. Milliseconds. */
  extendGrace(graceMs: number): void;
  /** Lets go of the process's signals. */
  stop(): void;
}

/** The first signal asks the command to end; the second, or the end of a grace, ends the process. */
export function watchInterruption(io: CliIo): Interruption {
  const controller = new AbortController();
  let cause: keyof typeof SIGNAL_EXITS | undefined;
  let lost: { readonly error: unknown } | undefined;
  let stopListening: (() => void) | undefined;
  let grace: ReturnType<typeof setTimeout> | undefined;
  let graceMs = GRACE_MS;
  const interrupt = (name: SignalName) => {
    if (cause === "SIGINT" || cause === "SIGTERM") io.exit(SIGNAL_EXITS[name]);
    cause = name;
    grace = setTimeout(() => io.exit(SIGNAL_EXITS[name]), graceMs);
    controller.abort();
  };
  return {
    signal() {
      stopListening ??= io.onSignal(interrupt);
      return controller.signal;
    },
    outputLost(error) {
      lost = { error };
      cause ??= "SIGPIPE";
      controller.abort();
    },
    lostOutput: () => lost,
    reason: () => (cause === "SIGPIPE" ? undefined : cause),
    exitCode: () => (cause === undefined ? undefined : SIGNAL_EXITS[cause]),
    extendGrace(longerMs) {
      graceMs = Math.max(graceMs, longerMs);
    },
    stop() {
      stopListening?.();
      clearTimeout(grace);
    },
  };
}
