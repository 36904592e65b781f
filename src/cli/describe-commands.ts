import type { ArgumentDefinition } from "./command.ts";
import { COMMANDS } from "./command-table.ts";
import { GLOBAL_ARGUMENTS } from "./global-arguments.ts";

/** One flag, as completion and documentation need it. */
export interface FlagDescription {
  /** `--name`. */
  readonly name: string;
  /** `-n`. */
  readonly short?: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** What stands for the value in help. */
  readonly valueHint: string;
  /** The only values it takes. */
  readonly values: readonly string[];
  /** Whether every command takes it. */
  readonly global: boolean;
}

export interface PositionalDescription {
  /** `RUN-DIR`, in brackets if it may be left out. */
  readonly shown: string;
  readonly description: string;
  /** The only values it takes. */
  readonly values: readonly string[];
}

export interface CommandDescription {
  /** One or two. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly flags: readonly FlagDescription[];
  readonly positionals: readonly PositionalDescription[];
}

/** Every command with its arguments. Loads them all: for completion, documentation and tests, not for dispatch. */
export async function describeCommands(): Promise<CommandDescription[]> {
  return Promise.all(
    COMMANDS.map(async ({ name, summary, load }) => {
      const { command } = await load();
      const own = Object.entries(command.arguments);
      return {
        words: name.split(" "),
        summary,
        flags: [
          ...own.flatMap(([flag, definition]) => describeFlag(flag, definition, false)),
          ...Object.entries(GLOBAL_ARGUMENTS).flatMap(([flag, definition]) =>
            describeFlag(flag, definition, true),
          ),
        ],
        positionals: own.flatMap(([argument, definition]) => describePositional(argument, definition)),
      };
    }),
  );
}

function describeFlag(name: string, definition: ArgumentDefinition, global: boolean): FlagDescription[] {
  if (definition.type === "positional") return [];
  return [
    {
      name: `--${name}`,
      ...(definition.alias === undefined ? {} : { short: `-${definition.alias}` }),
      description: definition.description,
      takesValue: definition.type !== "boolean",
      valueHint: (definition.type === "string" ? definition.valueHint : undefined) ?? "value",
      values: definition.type === "enum" ? definition.options : [],
      global,
    },
  ];
}

function describePositional(name: string, definition: ArgumentDefinition): PositionalDescription[] {
  if (definition.type !== "positional") return [];
  const shown = definition.required === false ? `[${name.toUpperCase()}]` : name.toUpperCase();
  return [{ shown, description: definition.description, values: definition.options ?? [] }];
}
