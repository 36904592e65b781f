import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface WorkbenchOptions {
  readonly binary: string;
  /** Of the number of files or of their size; 1 is the row as it is written. */
  readonly scale: number;
  readonly rounds: number;
}

/** A place for one row: a directory that is gone afterwards, and the program under test. */
export class Workbench {
  readonly directory: string;
  readonly binary: string;
  readonly scale: number;
  readonly rounds: number;
  #count = 0;

  constructor(options: WorkbenchOptions) {
    this.directory = mkdtempSync(join(tmpdir(), "artifactstore-bench-"));
    this.binary = options.binary;
    this.scale = options.scale;
    this.rounds = options.rounds;
  }

  /** A new empty directory. */
  fresh(name: string): string {
    const directory = join(this.directory, `${name}-${++this.#count}`);
    mkdirSync(directory);
    return directory;
  }

  scaled(whole: number): number {
    return Math.max(1, Math.round(whole * this.scale));
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
