import { escapeForTerminal } from "../core/terminal-text.ts";
import type { OutputSink } from "./cli-io.ts";

export interface ProgressState {
  readonly files: number;
  readonly bytes: number;
  /** Absent while they are not known. */
  readonly filesTotal?: number;
  readonly bytesTotal?: number;
}

/** Shows how far a long work has come. Calls are cheap: what comes too soon after the last line is not drawn. */
export interface ProgressReporter {
  update(state: ProgressState): void;
  /** Removes the bar, or prints the last line. Call it however the work ended. */
  finish(): Promise<void>;
}

const TERMINAL_INTERVAL_MS = 100;
const LINES_INTERVAL_MS = 5_000;
const BAR_WIDTH = 24;
const ERASE_LINE = "\r\u001b[2K";
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

export interface ProgressOptions {
  readonly label: string;
  readonly quiet: boolean;
  /** Milliseconds, monotone. */
  readonly now: () => number;
}

/** On a terminal one line that is redrawn; elsewhere a plain line now and then, none for work that is quickly done. */
export function createProgress(sink: OutputSink, options: ProgressOptions): ProgressReporter {
  if (options.quiet) return { update: () => {}, finish: async () => {} };
  const terminal = sink.isTerminal;
  const intervalMs = terminal ? TERMINAL_INTERVAL_MS : LINES_INTERVAL_MS;
  const label = escapeForTerminal(options.label);
  let lastMs = options.now();
  let drawn = false;
  let last: ProgressState | undefined;
  return {
    update(state) {
      last = state;
      const nowMs = options.now();
      if (nowMs - lastMs < intervalMs) return;
      lastMs = nowMs;
      drawn = true;
      const text = printProgress(label, state, terminal);
      void sink.write(terminal ? ERASE_LINE + text.slice(0, Math.max(1, sink.columns - 1)) : `${text}\n`);
    },
    async finish() {
      if (!drawn || last === undefined) return;
      await sink.write(terminal ? ERASE_LINE : `${printProgress(label, last, false)}\n`);
    },
  };
}

function printProgress(label: string, state: ProgressState, withBar: boolean): string {
  const { files, bytes, filesTotal, bytesTotal } = state;
  const counts = [
    `${files}${filesTotal === undefined ? "" : `/${filesTotal}`} files`,
    `${printBytes(bytes)}${bytesTotal === undefined ? "" : ` of ${printBytes(bytesTotal)}`}`,
  ].join(", ");
  const share = shareOf(state);
  if (share === undefined) return `${label}: ${counts}`;
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  if (!withBar) return `${label}: ${percent.trim()}, ${counts}`;
  const filled = Math.round(share * BAR_WIDTH);
  return `${label} [${"#".repeat(filled)}${"-".repeat(BAR_WIDTH - filled)}]${percent} ${counts}`;
}

/** From 0 to 1, by bytes, else by files. */
function shareOf({ files, bytes, filesTotal, bytesTotal }: ProgressState): number | undefined {
  if (bytesTotal !== undefined && bytesTotal > 0) return Math.min(1, bytes / bytesTotal);
  return filesTotal === undefined || filesTotal === 0 ? undefined : Math.min(1, files / filesTotal);
}

function printBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}
