// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the braces are those of the shell
import type { CommandDescription, FlagDescription } from "../describe-commands.ts";
import { commandGroups, firstWords, singleQuoted } from "./command-groups.ts";

export function printZshCompletion(commands: readonly CommandDescription[]): string {
  const groups = commandGroups(commands);
  const summaries = new Map(commands.map(({ words, summary }) => [words.join(" "), summary]));
  const first = firstWords(commands).map(
    (word) => [word, summaries.get(word) ?? `${word} commands`] as const,
  );
  const lines = [
    "#compdef artifactstore",
    "_artifactstore() {",
    "  local -a candidates",
    '  local command="${words[2]}"',
    "  if (( CURRENT == 2 )); then",
    `    candidates=(${first.map(([word, summary]) => candidate(word, summary)).join(" ")})`,
    "    _describe command candidates",
    "    return",
    "  fi",
    '  case "$command" in',
  ];
  for (const [group, members] of groups) {
    const list = members.map(({ words, summary }) => candidate(words[1] ?? "", summary)).join(" ");
    lines.push(
      `    ${group})`,
      "      if (( CURRENT == 3 )); then",
      `        candidates=(${list})`,
      "        _describe command candidates",
      "        return",
      "      fi",
      '      command="$command ${words[3]}"',
      "      shift words; (( CURRENT-- )) ;;",
    );
  }
  lines.push("  esac", "  shift words; (( CURRENT-- ))", '  case "$command" in');
  for (const { words, flags, positionals } of commands) {
    const specifications = flags.map(flagSpecification);
    for (const [index, { values }] of positionals.entries()) {
      const offered = values.length > 0 ? `(${values.join(" ")})` : "_files";
      specifications.push(singleQuoted(`${index + 1}:argument:${offered}`));
    }
    lines.push(
      `    ${singleQuoted(words.join(" "))})`,
      `      _arguments ${specifications.join(" \\\n        ")} ;;`,
    );
  }
  lines.push(
    "  esac",
    "}",
    'if [ "$funcstack[1]" = "_artifactstore" ]; then',
    '  _artifactstore "$@"',
    "else",
    "  compdef _artifactstore artifactstore",
    "fi",
    "",
  );
  return lines.join("\n");
}

function candidate(word: string, summary: string): string {
  return singleQuoted(`${word}:${summary.replaceAll(":", "\\:")}`);
}

/** In the language of `_arguments`. */
function flagSpecification({ name, short, description, takesValue, values }: FlagDescription): string {
  const text = `[${description.replace(/[[\]\\]/g, "\\$&").replaceAll(":", "\\:")}]`;
  const value = takesValue ? `:value:${values.length > 0 ? `(${values.join(" ")})` : "_files"}` : "";
  const long = `'*${name}${takesValue ? "=" : ""}'${singleQuoted(text + value)}`;
  return short === undefined ? long : `${long} '*${short}'${singleQuoted(text + value)}`;
}
