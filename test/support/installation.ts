import assert from "node:assert/strict";
import { join } from "node:path";
import type { ErrorCode } from "../../src/core/errors.ts";
import { ERRORS } from "../../src/core/errors.ts";
import type { SqliteConnection } from "../../src/core/sqlite-port.ts";
import { type ProgramResult, type ProgramRun, runProgram } from "./program.ts";
import { databaseOf, type TestDatabase } from "./test-database.ts";
import { runtime } from "./test-runtime.ts";

/** What `guide-board ingest` and `push` print, as far as tests look at it. */
export interface Ingested {
  readonly package_id: string;
  readonly manifest_digest: string;
  readonly file_count: number;
  readonly reused_existing: boolean;
  readonly [key: string]: unknown;
}

export interface LogHead {
  readonly registry_id: string;
  readonly sequence: number;
  readonly root_hash: string;
  readonly created_at: string;
}

export interface InstallationOptions {
  /** Where the store is; below the installation's directory unless given. */
  readonly storeRoot?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A registry with its store, worked with from outside: every step is a process of the program. */
export class Installation {
  /** Of SQLite. */
  readonly databasePath: string;
  readonly database: TestDatabase;
  readonly storeRoot: string;
  readonly environment: Readonly<Record<string, string>>;

  /** @param directory which the first ingest makes if need be */
  constructor(directory: string, options: InstallationOptions = {}) {
    this.databasePath = join(directory, "registry.db");
    this.database = databaseOf(directory);
    this.storeRoot = options.storeRoot ?? join(directory, "store");
    this.environment = {
      ARTIFACTSTORE_DATABASE_URL: this.database.url,
      ARTIFACTSTORE_STORAGE_LOCAL_ROOT: this.storeRoot,
      ARTIFACTSTORE_ACTOR: "acceptance",
      ...options.environment,
    };
  }

  async run(args: readonly string[], run: ProgramRun = {}): Promise<ProgramResult> {
    await this.database.prepare();
    return await runProgram(args, { ...run, environment: { ...this.environment, ...run.environment } });
  }

  /** The JSON that a command prints which must succeed. */
  async json<T>(args: readonly string[], run: ProgramRun = {}): Promise<T> {
    const result = await this.run(args, run);
    assert.equal(result.exitCode, 0, `${args.join(" ")}: ${result.stderr}`);
    return JSON.parse(result.stdout) as T;
  }

  /** A command that must fail with this code of the table: its exit code, its name on standard error, no result. */
  async refuses(code: ErrorCode, args: readonly string[], run: ProgramRun = {}): Promise<ProgramResult> {
    const result = await this.run(args, run);
    assert.equal(result.exitCode, ERRORS[code].exit, `${args.join(" ")}: ${result.stdout}${result.stderr}`);
    assert.match(result.stderr, new RegExp(`^artifactstore: .* \\(${code}\\)$`, "m"));
    assert.equal(result.stdout, "");
    return result;
  }

  ingest(runDirectory: string, ...flags: readonly string[]): Promise<Ingested> {
    return this.json(["guide-board", "ingest", runDirectory, "--quiet", ...flags]);
  }

  head(): Promise<LogHead> {
    return this.json(["log", "head"]);
  }

  /** Finalized packages, as the log has them; 0 where there is no registry yet. */
  async finalizedCount(): Promise<number> {
    const result = await this.run(["packages", "list", "--status", "finalized", "--limit", "1000"]);
    if (result.exitCode === ERRORS.registry_not_found.exit) return 0;
    assert.equal(result.exitCode, 0, result.stderr);
    return (JSON.parse(result.stdout) as { items: unknown[] }).items.length;
  }

  /** Asserts what `doctor` says: that all is well. */
  async isSound(...flags: readonly string[]): Promise<void> {
    const result = await this.run(["doctor", ...flags]);
    assert.equal(result.exitCode, 0, `doctor: ${result.stdout}${result.stderr}`);
    assert.equal((JSON.parse(result.stdout) as { sound: boolean }).sound, true);
  }

  /** Works on a SQLite database behind the program's back. */
  tamper<T>(work: (connection: SqliteConnection) => T): T {
    return onSqlite(this.databasePath, work);
  }

  /** The same for the container of small blobs. */
  tamperContainer<T>(work: (connection: SqliteConnection) => T): T {
    return onSqlite(join(this.storeRoot, "small.db"), work);
  }

  /** Where a plain blob lies. */
  blobPath(contentAddress: string): string {
    const hex = contentAddress.replace(/^blake3:/, "");
    return join(this.storeRoot, "blake3", hex.slice(0, 2), hex.slice(2, 4), hex);
  }
}

function onSqlite<T>(path: string, work: (connection: SqliteConnection) => T): T {
  const connection = runtime.openSqlite(path, { readOnly: false, create: false });
  try {
    return work(connection);
  } finally {
    connection.close();
  }
}
