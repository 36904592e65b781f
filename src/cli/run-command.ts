import type { Config, SettingOverrides } from "../config/config.ts";
import type { Runtime } from "../core/runtime-port.ts";
import type { CliIo } from "./cli-io.ts";
import type { CommandContext } from "./command-context.ts";
import type { CommandEntry } from "./command-table.ts";
import { GLOBAL_ARGUMENTS } from "./global-arguments.ts";
import { SIGNAL_EXITS, watchInterruption } from "./interruption.ts";
import { createNotices, type Notices } from "./notices.ts";
import { parseArguments } from "./parse-arguments.ts";
import { createProgress } from "./progress.ts";
import { reportError } from "./report-error.ts";
import { createResultWriter } from "./result-writer.ts";
import { asksForServer, serverAddress } from "./server-address.ts";

/** Loads one command, gives it its arguments and a context, and answers the exit code. Throws `usage` only. */
export async function runCommand(
  runtime: Runtime,
  entry: CommandEntry,
  words: readonly string[],
  io: CliIo,
): Promise<number> {
  const { command } = await entry.load();
  const definitions = { ...GLOBAL_ARGUMENTS, ...command.arguments };
  const { values, overrides } = parseArguments(entry.name, definitions, words);
  if (values["help"] === true) {
    const { renderCommandHelp } = await import("./render-help.ts");
    const colour = io.stdout.isTerminal && !io.environment["NO_COLOR"];
    const written = await io.stdout.write(await renderCommandHelp(entry, command.arguments, colour));
    return written ? 0 : SIGNAL_EXITS.SIGPIPE;
  }
  const quiet = values["quiet"] === true;
  const interruption = watchInterruption(io);
  const notices = createNotices(io.stderr, quiet);
  const configuration = lazyConfig(io, overrides, notices);
  const context: CommandContext = {
    runtime,
    environment: io.environment,
    workingDirectory: io.workingDirectory,
    out: createResultWriter(io.stdout, interruption.outputLost),
    stdin: () => io.stdin(interruption.signal()),
    notices,
    get signal() {
      return interruption.signal();
    },
    extendGrace: interruption.extendGrace,
    onHangUp: (listener) => io.onHangUp?.(listener) ?? (() => undefined),
    stderr: io.stderr,
    loadConfig: configuration.load,
    server: async () =>
      asksForServer(entry, values) ? serverAddress(await configuration.load()) : undefined,
    startProgress: (label) => createProgress(io.stderr, { label, quiet, now: () => performance.now() }),
  };
  /** A result that is lost is a failure where there was no other. */
  const lostOutputExit = async (lost: { readonly error: unknown }) =>
    lost.error === undefined
      ? SIGNAL_EXITS.SIGPIPE
      : await reportError(lost.error, io, { debug: configuration.debug() });
  try {
    // `parseArguments` has made `values` after the command's own definitions, which the table cannot know by type.
    const done = (await command.run(context, values as never)) ?? 0;
    const lost = interruption.lostOutput();
    if (lost === undefined) return done;
    const lostExit = await lostOutputExit(lost);
    return done === 0 ? lostExit : done;
  } catch (error) {
    const lost = interruption.lostOutput();
    if (lost?.error !== undefined) return await lostOutputExit(lost);
    const exit = interruption.exitCode();
    if (exit === undefined) return await reportError(error, io, { debug: configuration.debug() });
    if (interruption.reason() !== undefined)
      await notices.error(`artifactstore: ended by ${interruption.reason()}`);
    return exit;
  } finally {
    interruption.stop();
  }
}

/** The configuration, read when it is first asked for, and whether it asks for stack traces. */
function lazyConfig(io: CliIo, overrides: SettingOverrides, notices: Notices) {
  const { environment, workingDirectory } = io;
  let config: Promise<Config> | undefined;
  let debug = environment["ARTIFACTSTORE_LOG_LEVEL"]?.toLowerCase() === "debug";
  async function read(): Promise<Config> {
    const { loadConfig } = await import("../config/load-config.ts");
    const loaded = await loadConfig({ environment, workingDirectory, overrides });
    debug = loaded.settings.logLevel === "debug";
    for (const warning of loaded.warnings) await notices.warn(warning);
    return loaded;
  }
  return {
    load(): Promise<Config> {
      config ??= read();
      return config;
    },
    debug: () => debug,
  };
}
