import { printBashCompletion } from "./completion/bash.ts";
import { printFishCompletion } from "./completion/fish.ts";
import { printZshCompletion } from "./completion/zsh.ts";
import type { CommandDescription } from "./describe-commands.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof SHELLS)[number];

/** A script that teaches a shell all commands, their flags and the values that are a closed list. */
export function printCompletion(shell: Shell, commands: readonly CommandDescription[]): string {
  switch (shell) {
    case "bash":
      return printBashCompletion(commands);
    case "zsh":
      return printZshCompletion(commands);
    case "fish":
      return printFishCompletion(commands);
  }
}
