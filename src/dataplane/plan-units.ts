import type { SourceFile } from "./source-file.ts";

/** The first unit is small, so that whoever takes the files over begins soon. Count. */
const FIRST_UNIT_MAX_FILES = 256;

/** A unit of small files holds no more than this: enough to share one commit, little enough to keep memory flat. */
export const UNIT_MAX_FILES = 1_024;
export const UNIT_MAX_BYTES = 8_388_608;

/** Files that one task reads: many small ones, or a large one. */
export interface Unit<Source> {
  readonly isLarge: boolean;
  readonly sources: Source[];
  sizeBytes: number;
}

export function planUnits<Source extends SourceFile>(
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
