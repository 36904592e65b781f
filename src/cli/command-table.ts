import type { AnyCommand } from "./command.ts";

/** One line of the dispatch table: enough for dispatch and for the list of commands, without loading the command. */
export interface CommandEntry {
  /** `version`, `log head`. */
  readonly name: string;
  readonly summary: string;
  load(): Promise<{ readonly command: AnyCommand }>;
}

/**
 * Every command, in the order of the help. Written by hand and loaded one by one: start-up is part of the product, and
 * loading all commands takes longer than most of them run.
 */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "guide-board ingest",
    summary: "Register a guide-board run directory as one package",
    load: () => import("./commands/guide-board/ingest.ts"),
  },
  {
    name: "manifest",
    summary: "Print the sealed manifest of a package",
    load: () => import("./commands/manifest.ts"),
  },
  {
    name: "verify",
    summary: "Prove a package from its stored bytes, or a directory from a saved manifest",
    load: () => import("./commands/verify.ts"),
  },
  {
    name: "config",
    summary: "Print the configuration in force, and where each value comes from",
    load: () => import("./commands/config.ts"),
  },
  {
    name: "completion",
    summary: "Print a completion script for bash, zsh or fish",
    load: () => import("./commands/completion.ts"),
  },
  {
    name: "version",
    summary: "Print the version",
    load: () => import("./commands/version.ts"),
  },
];

/** What each group of commands is about, for its help. */
export const GROUPS: Readonly<Record<string, string>> = {
  "guide-board": "Runs of guide-board",
  packages: "Registered packages",
  log: "The event log",
  retention: "Retention of packages",
  storage: "Storage backends",
  schema: "Metadata schemas",
};
