import { ERRORS } from "../core/errors.ts";
import type { Runtime } from "../core/runtime-port.ts";
import type { CliIo } from "./cli-io.ts";
import { COMMANDS, type CommandEntry } from "./command-table.ts";
import { findCommand } from "./find-command.ts";
import { SIGNAL_EXITS } from "./interruption.ts";
import { reportError } from "./report-error.ts";
import { runCommand } from "./run-command.ts";

/** In front of or instead of a command. */
const VERSION_FLAGS = new Set(["--version", "-V"]);

/**
 * Runs one command line and answers the exit code; never throws. Standard output holds a command's result and nothing
 * else: when a command fails before its result, it stays empty.
 */
export async function runCli(
  runtime: Runtime,
  argv: readonly string[],
  io: CliIo,
  commands: readonly CommandEntry[] = COMMANDS,
): Promise<number> {
  try {
    const found = findCommand(
      commands,
      VERSION_FLAGS.has(argv[0] ?? "") ? ["version", ...argv.slice(1)] : argv,
    );
    if (found.kind === "command") return await runCommand(runtime, found.entry, found.rest, io);
    const { renderGroupHelp } = await import("./render-help.ts");
    const help = renderGroupHelp(commands, found.group);
    const written = await (found.help ? io.stdout : io.stderr).write(help);
    if (!found.help) return ERRORS.usage.exit;
    return written ? 0 : SIGNAL_EXITS.SIGPIPE;
  } catch (error) {
    return reportError(error, io, { debug: false });
  }
}
