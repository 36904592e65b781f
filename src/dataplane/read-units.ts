import { bytesToHex } from "@noble/hashes/utils.js";
import { type ContentAddress, contentAddress, contentAddressOfHex } from "../core/content-address.ts";
import { isArtifactstoreError } from "../core/errors.ts";
import { packSources } from "./packed-sources.ts";
import { DIGESTS_BYTES } from "./read-small-files.ts";
import type { SourceFile } from "./source-file.ts";
import type { ThreadPool } from "./thread-pool.ts";
import { UnitMemory } from "./unit-memory.ts";

/** The first unit is small, so that whoever takes the files over begins soon. Count. */
const FIRST_UNIT_MAX_FILES = 256;

/** A unit of small files holds no more than this: enough to share one commit, little enough to keep memory flat. */
export const UNIT_MAX_FILES = 1_024;
export const UNIT_MAX_BYTES = 8_388_608;

/** From this size on a single file is worth two threads. Bytes. */
export const PAIR_MIN_BYTES = 67_108_864;

/** One source file with its digests, as it was read. */
export interface ReadFile<Source extends SourceFile> {
  readonly source: Source;
  readonly address: ContentAddress;
  /** Hex. */
  readonly sha256: string;
  /** The bytes, if the file is small and they were wanted; in shared memory, and only until the group is released. */
  readonly bytes: Uint8Array | undefined;
  /** A complete, fsynced copy, if the file is large and a copy was wanted. Whoever takes the unit owns it. */
  readonly temporaryPath: string | undefined;
}

/** Files in the order asked for, as many as were ready. */
export interface ReadGroup<Source extends SourceFile> {
  readonly files: readonly ReadFile<Source>[];
  /** Gives the memory of the bytes back for files that are still to be read. A group that is not wanted need not be. */
  release(): void;
}

export interface ReadUnitsOptions<Source extends SourceFile> {
  /** Files up to this size travel in memory; larger ones are copied to a temporary path while they are read. Bytes. */
  readonly smallMaxBytes: number;
  /** Whether the bytes of a file are wanted at all, or only its digests. */
  readonly wanted: (source: Source) => boolean;
  /** Where the copy of a large file goes; called once a copy. */
  readonly temporaryPath: () => string;
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
  const units = planUnits(sources, options.smallMaxBytes);
  const paired =
    units.filter((unit) => unit.isLarge && unit.sizeBytes >= PAIR_MIN_BYTES).length < 2 && pool.threads >= 2;
  const memory = new UnitMemory();
  const underWay: Promised<ReadUnit<Source>>[] = [];
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

interface ReadUnit<Source extends SourceFile> {
  readonly files: readonly ReadFile<Source>[];
  readonly memory: SharedArrayBuffer | undefined;
}

interface Unit<Source> {
  readonly isLarge: boolean;
  readonly sources: Source[];
  sizeBytes: number;
}

function planUnits<Source extends SourceFile>(
  sources: readonly Source[],
  smallMaxBytes: number,
): Unit<Source>[] {
  const units: Unit<Source>[] = [];
  let open: Unit<Source> | undefined;
  for (const source of sources) {
    if (source.sizeBytes > smallMaxBytes) {
      units.push({ isLarge: true, sources: [source], sizeBytes: source.sizeBytes });
      open = undefined;
      continue;
    }
    if (
      open === undefined ||
      open.sources.length >= (units.length === 1 ? FIRST_UNIT_MAX_FILES : UNIT_MAX_FILES) ||
      open.sizeBytes + source.sizeBytes > Math.max(UNIT_MAX_BYTES, smallMaxBytes)
    ) {
      open = { isLarge: false, sources: [], sizeBytes: 0 };
      units.push(open);
    }
    open.sources.push(source);
    open.sizeBytes += source.sizeBytes;
  }
  return units;
}

async function readUnit<Source extends SourceFile>(
  pool: ThreadPool,
  unit: Unit<Source>,
  options: ReadUnitsOptions<Source>,
  paired: boolean,
  unitMemory: UnitMemory,
): Promise<ReadUnit<Source>> {
  const [first] = unit.sources;
  if (unit.isLarge && first !== undefined) {
    return { files: [await readLarge(pool, first, options, paired)], memory: undefined };
  }
  const memory = unit.sources.some(options.wanted) ? unitMemory.take(unit.sizeBytes) : undefined;
  const { digests } = await pool.run({ kind: "small", sources: packSources(unit.sources), memory });
  // Two calls a file add up: all digests become text at once.
  const hex = bytesToHex(digests);
  let offset = 0;
  const files = unit.sources.map((source, index) => {
    const at = index * DIGESTS_BYTES * 2;
    const bytes = memory === undefined ? undefined : new Uint8Array(memory, offset, source.sizeBytes);
    offset += source.sizeBytes;
    return {
      source,
      address: contentAddressOfHex(hex.slice(at, at + 64)),
      sha256: hex.slice(at + 64, at + 128),
      bytes,
      temporaryPath: undefined,
    };
  });
  return { files, memory };
}

async function readLarge<Source extends SourceFile>(
  pool: ThreadPool,
  source: Source,
  options: ReadUnitsOptions<Source>,
  paired: boolean,
): Promise<ReadFile<Source>> {
  let temporaryPath = options.wanted(source) ? options.temporaryPath() : undefined;
  const digests = await readOnce(pool, source, temporaryPath, paired).catch((error: unknown) => {
    // After a failed fsync nobody knows which pages reached the disk: the copy is written anew, once, under another
    // name. A disk that fails again is reported.
    if (temporaryPath === undefined || !isArtifactstoreError(error, "backend_unavailable")) throw error;
    temporaryPath = options.temporaryPath();
    return readOnce(pool, source, temporaryPath, paired);
  });
  return {
    source,
    address: contentAddress(digests.blake3),
    sha256: bytesToHex(digests.sha256),
    bytes: undefined,
    temporaryPath,
  };
}

async function readOnce(
  pool: ThreadPool,
  source: SourceFile,
  temporaryPath: string | undefined,
  paired: boolean,
): Promise<{ blake3: Uint8Array; sha256: Uint8Array }> {
  if (paired && source.sizeBytes >= PAIR_MIN_BYTES) return pool.runPair(plain(source), temporaryPath);
  const { digests } = await pool.run({ kind: "large", source: plain(source), temporaryPath });
  return { blake3: digests.subarray(0, 32), sha256: digests.subarray(32, 64) };
}

/** Only what a thread needs crosses to it: the entry may carry more. */
function plain(source: SourceFile): SourceFile {
  const { absolutePath, path, sizeBytes, device, inode, mtimeMs, ctimeMs } = source;
  return { absolutePath, path, sizeBytes, device, inode, mtimeMs, ctimeMs };
}

interface Promised<T> {
  readonly promise: Promise<T>;
  /** A failed unit is met alone, at its turn, when the group before it has been taken over. */
  state: "under way" | "done" | "failed";
}

/** A failure is seen when its turn comes, not as an unhandled rejection before. */
function watch<T>(promise: Promise<T>): Promised<T> {
  const watched: Promised<T> = { promise, state: "under way" };
  promise.then(
    () => {
      watched.state = "done";
    },
    () => {
      watched.state = "failed";
    },
  );
  return watched;
}

function settled(promise: Promise<unknown>): Promise<void> {
  return promise.then(
    () => undefined,
    () => undefined,
  );
}
