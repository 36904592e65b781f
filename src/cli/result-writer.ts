import type { OutputSink } from "./cli-io.ts";

/** Beyond C0, which JSON escapes anyway: what a terminal may obey or hide. JSON can spell it as escapes. */
const UNSAFE_IN_TERMINALS = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Standard output. The answers tell whether it is still written; what cannot be written is dropped without an error,
 * since the work of a command is not undone by a result that is lost. `onLost` has the last word on the exit code.
 */
export interface ResultWriter {
  /** Whether it is a terminal: raw bytes are better not sent to one. */
  readonly isTerminal: boolean;
  /** A JSON document, indented by two, with one newline at its end. */
  json(value: unknown): Promise<boolean>;
  /** One JSON document a line, for streams. */
  jsonLine(value: unknown): Promise<boolean>;
  /** As it is. */
  text(text: string): Promise<boolean>;
  /** As they are. */
  bytes(chunk: Uint8Array): Promise<boolean>;
}

/** @param onLost called once: without an error when the reader has gone away, else with what the sink threw */
export function createResultWriter(sink: OutputSink, onLost: (error?: unknown) => void): ResultWriter {
  let lost = false;
  const send = async (chunk: string | Uint8Array) => {
    if (lost) return false;
    try {
      lost = !(await sink.write(chunk));
      if (lost) onLost();
    } catch (error) {
      lost = true;
      onLost(error);
    }
    return !lost;
  };
  return {
    get isTerminal() {
      return sink.isTerminal;
    },
    json: (value) => send(`${printJson(value, 2)}\n`),
    jsonLine: (value) => send(`${printJson(value, 0)}\n`),
    text: (text) => send(text),
    bytes: (chunk) => send(chunk),
  };
}

/** JSON that is safe to show: the same value, with dangerous characters as escapes. */
export function printJson(value: unknown, indent: number): string {
  return JSON.stringify(value, undefined, indent).replace(UNSAFE_IN_TERMINALS, escapeUnits);
}

/** A character as the `\uXXXX` of each of its UTF-16 units. */
function escapeUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`,
  ).join("");
}
