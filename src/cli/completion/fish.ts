import type { CommandDescription } from "../describe-commands.ts";
import { commandGroups, firstWords, singleQuoted } from "./command-groups.ts";

export function printFishCompletion(commands: readonly CommandDescription[]): string {
  const summaries = new Map(commands.map(({ words, summary }) => [words.join(" "), summary]));
  const lines = ["# fish completion for artifactstore", "complete -c artifactstore -f"];
  for (const word of firstWords(commands)) {
    const summary = summaries.get(word) ?? `${word} commands`;
    lines.push(`complete -c artifactstore -n __fish_use_subcommand -a ${word} -d ${singleQuoted(summary)}`);
  }
  for (const [group, members] of commandGroups(commands)) {
    const names = members.map(({ words }) => words[1]).join(" ");
    const condition = `__fish_seen_subcommand_from ${group}; and not __fish_seen_subcommand_from ${names}`;
    for (const { words, summary } of members) {
      lines.push(
        `complete -c artifactstore -n ${singleQuoted(condition)} -a ${words[1]} -d ${singleQuoted(summary)}`,
      );
    }
  }
  for (const { words, flags, positionals } of commands) {
    const condition = singleQuoted(words.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and "));
    const start = `complete -c artifactstore -n ${condition}`;
    const values = positionals.flatMap((positional) => positional.values);
    if (values.length > 0) lines.push(`${start} -a ${singleQuoted(values.join(" "))}`);
    if (positionals.some((positional) => positional.values.length === 0)) lines.push(`${start} -F`);
    for (const flag of flags) {
      const short = flag.short === undefined ? "" : ` -s ${flag.short.slice(1)}`;
      const value = flag.values.length > 0 ? ` -x -a ${singleQuoted(flag.values.join(" "))}` : " -r -F";
      const description = singleQuoted(flag.description);
      lines.push(
        `${start} -l ${flag.name.slice(2)}${short}${flag.takesValue ? value : ""} -d ${description}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
