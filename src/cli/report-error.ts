import { ERRORS, isArtifactstoreError } from "../core/errors.ts";
import { escapeForTerminal } from "../core/terminal-text.ts";
import type { CliIo } from "./cli-io.ts";

export interface ReportOptions {
  /** Adds stack traces and causes. */
  readonly debug: boolean;
}

/**
 * Tells people why a command failed: one line with message and code, then one for each violation of the input.
 * Answers the exit code of the error table; 1 for what is no error of ours.
 */
export async function reportError(error: unknown, io: CliIo, options: ReportOptions): Promise<number> {
  const known = isArtifactstoreError(error) ? error : undefined;
  const code = known?.code ?? "internal";
  const message = error instanceof Error ? error.message : String(error);
  const lines = [`artifactstore: ${escapeForTerminal(message)} (${code})`];
  for (const { pointer, message: violation } of known?.errors ?? []) {
    lines.push(`  ${escapeForTerminal(pointer)}: ${escapeForTerminal(violation)}`);
  }
  if (options.debug) lines.push(...stackLines(error));
  await io.stderr.write(`${lines.join("\n")}\n`);
  return ERRORS[code].exit;
}

/** The stack of an error and of its causes. */
function stackLines(error: unknown): string[] {
  const lines: string[] = [];
  const seen = new Set<unknown>();
  for (let current = error; current instanceof Error && !seen.has(current); current = current.cause) {
    seen.add(current);
    const stack = current.stack ?? `${current.name}: ${current.message}`;
    lines.push(
      ...stack
        .split("\n")
        .map((line, index) => escapeForTerminal(seen.size > 1 && index === 0 ? `caused by ${line}` : line)),
    );
  }
  return lines;
}
