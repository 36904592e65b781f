// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the braces are those of the shell
import type { CommandDescription } from "../describe-commands.ts";
import { commandGroups, firstWords, singleQuoted } from "./command-groups.ts";

/** For bash 4 and later. File names are completed where nothing else is known. */
export function printBashCompletion(commands: readonly CommandDescription[]): string {
  const lines = [
    "# bash completion for artifactstore",
    "_artifactstore() {",
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"',
    '  local command="${COMP_WORDS[1]}" words="" flags="" options=""',
    "  COMPREPLY=()",
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=($(compgen -W ${singleQuoted([...firstWords(commands), "--help", "--version"].join(" "))} -- "$current"))`,
    "    return",
    "  fi",
    '  case "$command" in',
  ];
  for (const [group, members] of commandGroups(commands)) {
    const names = members.map(({ words }) => words[1]).join(" ");
    lines.push(
      `    ${group})`,
      '      if [ "$COMP_CWORD" -eq 2 ]; then',
      `        COMPREPLY=($(compgen -W ${singleQuoted(`${names} --help`)} -- "$current"))`,
      "        return",
      "      fi",
      '      command="$command ${COMP_WORDS[2]}" ;;',
    );
  }
  lines.push("  esac", '  case "$command" in');
  for (const { words, flags, positionals } of commands) {
    const names = flags.flatMap(({ name, short }) => (short === undefined ? [name] : [name, short]));
    const valued = flags.filter(({ takesValue }) => takesValue);
    lines.push(
      `    ${singleQuoted(words.join(" "))})`,
      `      words=${singleQuoted(positionals.flatMap(({ values }) => values).join(" "))}`,
      `      flags=${singleQuoted(names.join(" "))}`,
      '      case "$previous" in',
      ...valued.map(({ name, short, values: options }) => {
        const pattern = short === undefined ? name : `${name}|${short}`;
        return `        ${pattern}) options=${singleQuoted(options.join(" "))}; COMPREPLY=($(compgen -W "$options" -- "$current")); return ;;`;
      }),
      "      esac ;;",
    );
  }
  lines.push(
    "  esac",
    '  case "$current" in',
    '    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;',
    '    *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;',
    "  esac",
    "}",
    "complete -o default -F _artifactstore artifactstore",
    "",
  );
  return lines.join("\n");
}
