import type { AnyCommand } from "./command.ts";

/** One line of the dispatch table: enough for dispatch and for the list of commands, without loading the command. */
export interface CommandEntry {
  /** `version`, `log head`. */
  readonly name: string;
  readonly summary: string;
  /**
   * Whether it works through a server: wherever `--api` or `ARTIFACTSTORE_API_URL` names one, or only where it is asked to by
   * `--api`; the others always work directly.
   */
  readonly remote?: true | "asked";
  /** A flag of a remote command with which it needs no registry, and so works directly all the same. */
  readonly directWith?: string;
  load(): Promise<{ readonly command: AnyCommand }>;
}

/**
 * Every command, in the order of the help. Written by hand and loaded one by one: start-up is part of the product, and
 * loading all commands takes longer than most of them run.
 */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "serve",
    summary: "Serve the registry over HTTP",
    load: () => import("./commands/serve.ts"),
  },
  {
    name: "health",
    summary: "Ask a server whether it is well",
    remote: true,
    load: () => import("./commands/health.ts"),
  },
  {
    name: "guide-board ingest",
    summary: "Register a guide-board run directory as one package",
    remote: "asked",
    load: () => import("./commands/guide-board/ingest.ts"),
  },
  {
    name: "guide-board register-schema",
    summary: "Register the schema of guide-board runs",
    remote: true,
    load: () => import("./commands/guide-board/register-schema.ts"),
  },
  {
    name: "push",
    summary: "Register a directory as one package",
    remote: true,
    load: () => import("./commands/push.ts"),
  },
  {
    name: "pull",
    summary: "Restore a package's files into a directory, verifying them",
    remote: true,
    load: () => import("./commands/pull.ts"),
  },
  {
    name: "packages list",
    summary: "List packages",
    remote: true,
    load: () => import("./commands/packages/list.ts"),
  },
  {
    name: "packages show",
    summary: "Show a package, its retention and where its files lie",
    remote: true,
    load: () => import("./commands/packages/show.ts"),
  },
  {
    name: "packages abandon",
    summary: "Give up a package that was never finalized",
    remote: true,
    load: () => import("./commands/packages/abandon.ts"),
  },
  {
    name: "manifest",
    summary: "Print the sealed manifest of a package",
    remote: true,
    load: () => import("./commands/manifest.ts"),
  },
  {
    name: "verify",
    summary: "Prove a package from its stored bytes, or a directory from a saved manifest",
    remote: true,
    directWith: "manifest",
    load: () => import("./commands/verify.ts"),
  },
  {
    name: "events",
    summary: "Print the event log, one JSON object a line",
    remote: true,
    load: () => import("./commands/events.ts"),
  },
  {
    name: "log head",
    summary: "Print the head of the event log",
    load: () => import("./commands/log/head.ts"),
  },
  {
    name: "log replay",
    summary: "Rebuild the views from the event log, or check them against it",
    load: () => import("./commands/log/replay.ts"),
  },
  {
    name: "log export",
    summary: "Write the whole log and the registry's id to one file",
    load: () => import("./commands/log/export.ts"),
  },
  {
    name: "log import",
    summary: "Make an empty registry the one that a log export is of",
    load: () => import("./commands/log/import.ts"),
  },
  {
    name: "schema register",
    summary: "Register a metadata schema under a slug that never changes",
    remote: true,
    load: () => import("./commands/schema/register.ts"),
  },
  {
    name: "schema list",
    summary: "List registered metadata schemas",
    remote: true,
    load: () => import("./commands/schema/list.ts"),
  },
  {
    name: "schema show",
    summary: "Print a metadata schema",
    remote: true,
    load: () => import("./commands/schema/show.ts"),
  },
  {
    name: "storage status",
    summary: "Tell of every backend its health, its owner and what it holds",
    load: () => import("./commands/storage/status.ts"),
  },
  {
    name: "storage cat",
    summary: "Print a blob, verified",
    load: () => import("./commands/storage/cat.ts"),
  },
  {
    name: "storage repair",
    summary: "Put a damaged container right, naming the files whose bytes are lost",
    load: () => import("./commands/storage/repair.ts"),
  },
  {
    name: "storage pack",
    summary: "Move small blobs into the container of a local store",
    load: () => import("./commands/storage/pack.ts"),
  },
  {
    name: "storage unpack",
    summary: "Move all blobs of the container out into plain files",
    load: () => import("./commands/storage/unpack.ts"),
  },
  {
    name: "storage adopt",
    summary: "Make this registry the owner of a backend",
    load: () => import("./commands/storage/adopt.ts"),
  },
  {
    name: "token hash",
    summary: "Print what stands for a secret in the list of tokens",
    load: () => import("./commands/token/hash.ts"),
  },
  {
    name: "config",
    summary: "Print the configuration in force, and where each value comes from",
    load: () => import("./commands/config.ts"),
  },
  {
    name: "migrate",
    summary: "Make the database, or bring its schema up to date",
    load: () => import("./commands/migrate.ts"),
  },
  {
    name: "doctor",
    summary: "Say whether the registry and its stores are sound",
    load: () => import("./commands/doctor.ts"),
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
  token: "Tokens of the server",
};
