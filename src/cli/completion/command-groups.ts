import type { CommandDescription } from "../describe-commands.ts";

/** First words: commands of one word, and groups once each. */
export function firstWords(commands: readonly CommandDescription[]): string[] {
  return [...new Set(commands.map(({ words }) => words[0] ?? ""))];
}

/** Groups and the commands in each. */
export function commandGroups(commands: readonly CommandDescription[]): Map<string, CommandDescription[]> {
  const groups = new Map<string, CommandDescription[]>();
  for (const command of commands) {
    const [group, member] = command.words;
    if (group === undefined || member === undefined) continue;
    groups.set(group, [...(groups.get(group) ?? []), command]);
  }
  return groups;
}

/** Text in single quotes, for all three shells. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}
