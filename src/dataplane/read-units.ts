import { planUnits, UNIT_MAX_BYTES, UNIT_MAX_FILES, type Unit } from "./plan-units.ts";
import type { ReadAhead } from "./read-ahead.ts";
import { PAIR_MIN_BYTES, type ReadFile, type ReadUnit, type ReadUnitOptions, readUnit } from "./read-unit.ts";
import type { SourceFile } from "./source-file.ts";
import type { ThreadPool } from "./thread-pool.ts";
import { UnitMemory } from "./unit-memory.ts";
import { settled, type WatchedPromise, watch } from "./watched-promise.ts";

/** Files in the order asked for, as many as were ready. */
export interface ReadGroup<Source extends SourceFile> {
  readonly files: readonly ReadFile<Source>[];
  /** Gives the memory of the bytes back for files that are still to be read. A group that is not wanted need not be. */
  release(): void;
}

export interface ReadUnitsOptions<Source extends SourceFile> extends ReadUnitOptions<Source> {
  /** Files up to this size travel in memory; larger ones are copied to a temporary path while they are read. Bytes. */
  readonly smallMaxBytes: number;
  /** What has been read already of the first files. */
  readonly ahead?: ReadAhead;
  readonly signal?: AbortSignal;
}

/**
 * Reads files in the order given, several at once, and yields them in that order, in groups: all that were ready when
 * the consumer came back. At most `threads + 2` units are under way, so memory does not grow with the number of files.
 *
 * When the consumer stops early, or a file fails, units under way are awaited and their copies handed to `discard`.
 */
export async function* readUnits<Source extends SourceFile>(
  threads: ThreadPool,
  sources: readonly Source[],
  options: ReadUnitsOptions<Source>,
  discard: (temporaryPath: string) => void,
): AsyncGenerator<ReadGroup<Source>, void, undefined> {
  const pool = isLittle(sources) ? threads.inline : threads;
  const ahead = options.ahead?.take(sources);
  const units = planUnits(sources.slice(ahead?.fileCount ?? 0), options.smallMaxBytes);
  const paired =
    units.filter((unit) => unit.isLarge && unit.sizeBytes >= PAIR_MIN_BYTES).length < 2 && pool.threads >= 2;
  const memory = ahead?.memory ?? new UnitMemory();
  const underWay: WatchedPromise<ReadUnit<Source>>[] = ahead?.units ?? [];
  const limit = underWayMax(units, pool.threads);
  const begun: Promise<unknown>[] = [];
  let next = 0;
  try {
    while (next < units.length || underWay.length > 0) {
      for (let unit = units[next]; unit !== undefined; unit = units[next]) {
        if (underWay.length >= limit + (isLittleUnit(unit) ? LITTLE_UNITS_AHEAD : 0)) break;
        // No more than `limit` at once, so that no more threads start than that.
        const before = begun[next - limit];
        const begin = () => readUnit(pool, unit, options, paired, memory);
        const watched = watch(before === undefined ? begin() : settled(before).then(begin));
        begun[next] = watched.promise;
        delete begun[next - limit];
        underWay.push(watched);
        next += 1;
      }
      const files: ReadFile<Source>[] = [];
      const held: SharedArrayBuffer[] = [];
      let groupBytes = 0;
      do {
        options.signal?.throwIfAborted();
        const unit = await underWay[0]?.promise;
        underWay.shift();
        if (unit?.memory !== undefined) held.push(unit.memory);
        for (const file of unit?.files ?? []) {
          files.push(file);
          groupBytes += file.bytes?.length ?? 0;
        }
      } while (underWay[0]?.state === "done" && files.length < UNIT_MAX_FILES && groupBytes < UNIT_MAX_BYTES);
      yield { files, release: () => memory.giveBack(held) };
    }
  } finally {
    for (const { promise } of underWay) {
      const unit = await promise.catch(() => undefined);
      for (const { temporaryPath } of unit?.files ?? [])
        if (temporaryPath !== undefined) discard(temporaryPath);
    }
  }
}

/** Units that hold little are read ahead, so that they join a group instead of being one each. Count, and bytes. */
const LITTLE_UNITS_AHEAD = 4;
const LITTLE_UNIT_MAX_FILES = 128;
const LITTLE_UNIT_MAX_BYTES = 4_194_304;

function isLittleUnit({ sources, sizeBytes }: Unit<unknown>): boolean {
  return sources.length <= LITTLE_UNIT_MAX_FILES && sizeBytes <= LITTLE_UNIT_MAX_BYTES;
}

/** So many units' worth of bytes make another thread worth its start. */
const UNITS_PER_THREAD = 6;

/**
 * As many units are under way as keep the threads busy; no more threads start than that. Small files leave a processor
 * to whoever takes them over, who has as much to do with each as a thread has.
 */
function underWayMax(units: readonly Unit<unknown>[], threads: number): number {
  let small = 0;
  let large = 0;
  for (const { isLarge, sizeBytes } of units) {
    if (isLarge) large += sizeBytes / UNIT_MAX_BYTES;
    else small += 1;
  }
  const most = large > small ? threads + 2 : threads - 1;
  return Math.max(2, Math.min(most, Math.ceil((small + large) / UNITS_PER_THREAD)));
}

/** Starting a thread takes as long as reading this much. */
const INLINE_MAX_FILES = 256;
const INLINE_MAX_BYTES = 8_388_608;

function isLittle(sources: readonly SourceFile[]): boolean {
  if (sources.length > INLINE_MAX_FILES) return false;
  return sources.reduce((sum, source) => sum + source.sizeBytes, 0) <= INLINE_MAX_BYTES;
}
