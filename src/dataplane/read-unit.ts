import { bytesToHex } from "@noble/hashes/utils.js";
import { type ContentAddress, contentAddress, contentAddressOfHex } from "../core/content-address.ts";
import { isArtifactstoreError } from "../core/errors.ts";
import { packSources } from "./packed-sources.ts";
import type { Unit } from "./plan-units.ts";
import { DIGESTS_BYTES } from "./read-small-files.ts";
import type { SourceFile } from "./source-file.ts";
import type { ThreadPool } from "./thread-pool.ts";
import type { UnitMemory } from "./unit-memory.ts";

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

export interface ReadUnit<Source extends SourceFile> {
  readonly files: readonly ReadFile<Source>[];
  readonly memory: SharedArrayBuffer | undefined;
}

/** What decides how a unit is read. */
export interface ReadUnitOptions<Source extends SourceFile> {
  /** Whether the bytes of a file are wanted at all, or only its digests. */
  readonly wanted: (source: Source) => boolean;
  /** Where the copy of a large file goes; called once a copy. */
  readonly temporaryPath: () => string;
}

export async function readUnit<Source extends SourceFile>(
  pool: ThreadPool,
  unit: Unit<Source>,
  options: ReadUnitOptions<Source>,
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
  options: ReadUnitOptions<Source>,
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
