import { planUnits } from "./plan-units.ts";
import { type ReadFile, type ReadUnit, readUnit } from "./read-unit.ts";
import type { SourceFile } from "./source-file.ts";
import type { ThreadPool } from "./thread-pool.ts";
import { UnitMemory } from "./unit-memory.ts";
import { settled, type WatchedPromise, watch } from "./watched-promise.ts";

/** As much as two threads read while a long list of declared files is parsed. Count. */
const UNITS_AHEAD = 4;

/** Units that are read at once: others wait their turn, so that no more threads start than that. Count. */
const UNITS_AT_ONCE = 2;

/** Larger files are not read ahead: their bytes would need a place. Bytes. */
const FILE_MAX_BYTES = 65_536;

type Units<Source extends SourceFile> = WatchedPromise<ReadUnit<Source>>[];

/** What has been read of the first files. */
export interface TakenAhead<Source extends SourceFile> {
  readonly units: Units<Source>;
  readonly fileCount: number;
  readonly memory: UnitMemory;
}

/**
 * Small files that threads read while the caller is busy otherwise, before it is decided what becomes of them. Nothing
 * is decided by it: `readUnits` takes what was read if it is asked for the same files first, once; what nobody asks for
 * is dropped. A failure is met where the file is asked for.
 */
export class ReadAhead {
  readonly #memory = new UnitMemory();
  readonly #paths: readonly string[];
  readonly #units: Units<SourceFile> = [];
  #taken = false;

  constructor(threads: ThreadPool, sources: readonly SourceFile[]) {
    const large = sources.findIndex(({ sizeBytes }) => sizeBytes > FILE_MAX_BYTES);
    const small = large < 0 ? sources : sources.slice(0, large);
    const planned = planUnits(small, FILE_MAX_BYTES).slice(0, UNITS_AHEAD);
    const options = { wanted: () => true, temporaryPath: () => "" };
    for (const unit of planned) {
      const before = this.#units[this.#units.length - UNITS_AT_ONCE];
      const begin = () => readUnit(threads, unit, options, false, this.#memory);
      this.#units.push(watch(before === undefined ? begin() : settled(before.promise).then(begin)));
    }
    this.#paths = planned.flatMap((unit) => unit.sources.map(({ path }) => path));
  }

  /** Nothing, unless all that was read are the first of these files. */
  take<Source extends SourceFile>(sources: readonly Source[]): TakenAhead<Source> | undefined {
    if (this.#taken || !this.#paths.every((path, index) => sources[index]?.path === path)) return undefined;
    this.#taken = true;
    const sourceOf = new Map(this.#paths.map((path, index) => [path, sources[index]]));
    const withSources = ({ files, memory }: ReadUnit<SourceFile>): ReadUnit<Source> => ({
      files: files.flatMap((file) => withSource(file, sourceOf.get(file.source.path))),
      memory,
    });
    const units = this.#units.map(({ promise }) => watch(promise.then(withSources)));
    return { units, fileCount: this.#paths.length, memory: this.#memory };
  }
}

function withSource<Source extends SourceFile>(
  file: ReadFile<SourceFile>,
  source: Source | undefined,
): ReadFile<Source>[] {
  return source === undefined ? [] : [{ ...file, source }];
}
