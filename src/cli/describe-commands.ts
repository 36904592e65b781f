import { COMMANDS } from "./command-table.ts";
import { GLOBAL_ARGUMENTS } from "./global-arguments.ts";

/** One flag, as completion needs it. */
export interface FlagDescription {
  /** `--name`. */
  readonly name: string;
  /** `-n`. */
  readonly short?: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** The only values it takes. */
  readonly values: readonly string[];
}

export interface CommandDescription {
  /** One or two. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly flags: readonly FlagDescription[];
  /** The values of its first positional argument, where they are a closed list. */
  readonly values: readonly string[];
  /** Whether it takes positional arguments that may be files. */
  readonly takesFiles: boolean;
}

/** Every command with its flags. Loads them all: for completion and tests, not for dispatch. */
export async function describeCommands(): Promise<CommandDescription[]> {
  return Promise.all(
    COMMANDS.map(async ({ name, summary, load }) => {
      const { command } = await load();
      const flags: FlagDescription[] = [];
      let values: readonly string[] = [];
      let takesFiles = false;
      for (const [flag, definition] of Object.entries({ ...command.arguments, ...GLOBAL_ARGUMENTS })) {
        if (definition.type === "positional") {
          values = definition.options ?? values;
          takesFiles ||= definition.options === undefined;
          continue;
        }
        flags.push({
          name: `--${flag}`,
          ...(definition.alias === undefined ? {} : { short: `-${definition.alias}` }),
          description: definition.description,
          takesValue: definition.type !== "boolean",
          values: definition.type === "enum" ? definition.options : [],
        });
      }
      return { words: name.split(" "), summary, flags, values, takesFiles };
    }),
  );
}
