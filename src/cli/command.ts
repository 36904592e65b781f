import type { SettingKey } from "../config/settings.ts";
import type { CommandContext } from "./command-context.ts";

/**
 * What a command takes. The shapes are those of citty's argument definitions, so that citty renders the help; two
 * members are ours: `multiple` (a flag that may be repeated) and `setting` (a flag that overrides a setting).
 */
export type ArgumentDefinition = BooleanArgument | StringArgument | EnumArgument | PositionalArgument;

export interface BooleanArgument {
  readonly type: "boolean";
  readonly description: string;
  /** One letter. */
  readonly alias?: string;
}

export interface StringArgument {
  readonly type: "string";
  readonly description: string;
  readonly valueHint?: string;
  readonly alias?: string;
  readonly required?: true;
  readonly multiple?: true;
  readonly setting?: SettingKey;
}

export interface EnumArgument {
  readonly type: "enum";
  readonly description: string;
  readonly options: readonly string[];
  readonly alias?: string;
  readonly required?: true;
  readonly setting?: SettingKey;
}

export interface PositionalArgument {
  readonly type: "positional";
  readonly description: string;
  /** Positional arguments are required unless this says `false`. */
  readonly required?: false;
  /** Only these values. */
  readonly options?: readonly string[];
}

export type ArgumentDefinitions = { readonly [name: string]: ArgumentDefinition };

type ArgumentValue<Definition extends ArgumentDefinition> = Definition extends BooleanArgument
  ? boolean
  : Definition extends { readonly multiple: true }
    ? readonly string[]
    : Definition extends PositionalArgument
      ? Definition extends { readonly required: false }
        ? TextOf<Definition> | undefined
        : TextOf<Definition>
      : Definition extends { readonly required: true }
        ? TextOf<Definition>
        : TextOf<Definition> | undefined;

type TextOf<Definition> = Definition extends { readonly options: readonly (infer Option extends string)[] }
  ? Option
  : string;

/** The values of the arguments: an absent boolean is `false`, an absent repeatable flag is an empty list. */
export type ArgumentValues<Definitions extends ArgumentDefinitions> = {
  readonly [Name in keyof Definitions]: ArgumentValue<Definitions[Name]>;
};

/**
 * One command, in a file of its own, loaded when it is called. It prints its result with `context.out` and throws an
 * `ArtifactstoreError` when it fails; it may return an exit code of the table where a result is printed all the same.
 */
export interface Command<Definitions extends ArgumentDefinitions = ArgumentDefinitions> {
  readonly arguments: Definitions;
  run(context: CommandContext, values: ArgumentValues<Definitions>): Promise<number | undefined>;
}

/** Only there so that the compiler infers the types of `values`. */
export function defineCommand<const Definitions extends ArgumentDefinitions>(
  command: Command<Definitions>,
): Command<Definitions> {
  return command;
}

/** A command whose arguments are known only when it runs: what the dispatch table holds. */
export interface AnyCommand {
  readonly arguments: ArgumentDefinitions;
  run(context: CommandContext, values: never): Promise<number | undefined>;
}
