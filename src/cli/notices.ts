import { escapeForTerminal } from "../core/terminal-text.ts";
import type { OutputSink } from "./cli-io.ts";

/** Standard error: what people read. Texts are escaped here; each call is one line. */
export interface Notices {
  /** Something done or found. Silent under `--quiet`. */
  info(text: string): Promise<void>;
  /** Something that may need attention. Silent under `--quiet`. */
  warn(text: string): Promise<void>;
  /** Why the command failed. Never silent. */
  error(text: string): Promise<void>;
}

export function createNotices(sink: OutputSink, quiet: boolean): Notices {
  const line = async (text: string) => {
    await sink.write(`${escapeForTerminal(text)}\n`);
  };
  return {
    info: async (text) => (quiet ? undefined : line(text)),
    warn: async (text) => (quiet ? undefined : line(`warning: ${text}`)),
    error: line,
  };
}
