import type { ArgDef, CommandDef } from "citty";
import type { ArgumentDefinition, ArgumentDefinitions } from "./command.ts";
import { type CommandEntry, GROUPS } from "./command-table.ts";
import { GLOBAL_ARGUMENTS } from "./global-arguments.ts";

const PROGRAM = "artifactstore";
const ABOUT = "A registry and storage gateway for generated evidence";
const ANSI_STYLE = /\u001b\[[0-9;]*m/g;

/** The help of one command, rendered by citty, which is loaded only here. */
export async function renderCommandHelp(
  entry: CommandEntry,
  definitions: ArgumentDefinitions,
  colour: boolean,
): Promise<string> {
  const { renderUsage } = await import("citty");
  const definition: CommandDef = {
    meta: { name: `${PROGRAM} ${entry.name}`, description: entry.summary },
    args: cittyArguments({ ...definitions, ...GLOBAL_ARGUMENTS }),
  };
  const text = await renderUsage(definition);
  const plain = colour ? text : text.replace(ANSI_STYLE, "");
  return `${plain.replaceAll("`", "").replace(/ +$/gm, "").trimEnd()}\n`;
}

/** The help of a group, or of the program: its commands. */
export function renderGroupHelp(commands: readonly CommandEntry[], group: string | undefined): string {
  const prefix = group === undefined ? "" : `${group} `;
  const members = commands.filter((entry) => entry.name.startsWith(prefix));
  const width = Math.max(...members.map((entry) => entry.name.length - prefix.length));
  const name = `${PROGRAM} ${prefix}`.trimEnd();
  return [
    group === undefined ? ABOUT : (GROUPS[group] ?? ABOUT),
    "",
    `USAGE ${name} <command> [options]`,
    "",
    ...members.map((entry) => `  ${entry.name.slice(prefix.length).padEnd(width)}  ${entry.summary}`),
    "",
    `"${name} <command> --help" tells what a command takes.`,
    "",
  ].join("\n");
}

function cittyArguments(definitions: ArgumentDefinitions): Record<string, ArgDef> {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [name, cittyArgument(definition)]),
  );
}

function cittyArgument(definition: ArgumentDefinition): ArgDef {
  const { description } = definition;
  switch (definition.type) {
    case "boolean":
      return { type: "boolean", description, ...alias(definition) };
    case "positional": {
      const values = definition.options === undefined ? "" : ` (${definition.options.join(", ")})`;
      return { type: "positional", description: description + values, required: definition.required ?? true };
    }
    case "enum":
      return {
        type: "enum",
        description,
        options: [...definition.options],
        ...alias(definition),
        ...required(definition),
      };
    case "string": {
      const repeats = definition.multiple === true ? " (may be repeated)" : "";
      const hint = definition.valueHint === undefined ? {} : { valueHint: definition.valueHint };
      return {
        type: "string",
        description: description + repeats,
        ...hint,
        ...alias(definition),
        ...required(definition),
      };
    }
  }
}

function alias(definition: { readonly alias?: string }): { alias?: string } {
  return definition.alias === undefined ? {} : { alias: definition.alias };
}

function required(definition: { readonly required?: true }): { required?: true } {
  return definition.required === undefined ? {} : { required: true };
}
