import { suggestion } from "../config/closest-name.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { CommandEntry } from "./command-table.ts";

/** What the first words of a command line name. */
export type Found =
  | { readonly kind: "command"; readonly entry: CommandEntry; readonly rest: readonly string[] }
  /** The program or a group without a command: `help` tells whether that was asked for. */
  | { readonly kind: "group"; readonly group: string | undefined; readonly help: boolean };

const HELP_FLAGS = new Set(["--help", "-h"]);

/**
 * Commands have one or two words, and words come before flags. `help` in front of a command is `--help` after it.
 *
 * @throws ArtifactstoreError `usage` for a command that does not exist
 */
export function findCommand(commands: readonly CommandEntry[], argv: readonly string[]): Found {
  const [first, second] = argv;
  if (first === undefined || HELP_FLAGS.has(first))
    return { kind: "group", group: undefined, help: first !== undefined };
  if (first === "help") return findCommand(commands, [...argv.slice(1), "--help"]);
  if (first.startsWith("-")) {
    throw new ArtifactstoreError(
      "usage",
      `Cannot run "${first}": a command comes first; see "artifactstore --help"`,
    );
  }
  const single = commands.find((entry) => entry.name === first);
  if (single !== undefined) return { kind: "command", entry: single, rest: argv.slice(1) };
  const members = commands.filter((entry) => entry.name.startsWith(`${first} `));
  if (members.length === 0) throw unknownCommand(first, commands, "artifactstore");
  if (second === undefined || HELP_FLAGS.has(second))
    return { kind: "group", group: first, help: second !== undefined };
  const member = members.find((entry) => entry.name === `${first} ${second}`);
  if (member === undefined) throw unknownCommand(`${first} ${second}`, members, `artifactstore ${first}`);
  return { kind: "command", entry: member, rest: argv.slice(2) };
}

function unknownCommand(name: string, known: readonly CommandEntry[], program: string): ArtifactstoreError {
  const names = new Set(known.flatMap((entry) => [entry.name, entry.name.split(" ")[0] ?? entry.name]));
  return new ArtifactstoreError(
    "usage",
    `Cannot run "${name}": there is no such command${suggestion(name, names)}; see "${program} --help"`,
  );
}
