import type { SourceFile } from "./source-file.ts";

/**
 * Many source files as one text and one array of numbers. Cloning a thousand small objects for another thread takes
 * longer than reading the files; this takes next to nothing.
 */
export interface PackedSources {
  /** Absolute path and package path of each file, each ended by NUL, which no path can hold. */
  readonly paths: string;
  /** `NUMBERS_PER_FILE` a file: size, device, inode, mtime, ctime. */
  readonly numbers: Float64Array<ArrayBuffer>;
}

const NUMBERS_PER_FILE = 5;
const END = "\0";

export function packSources(sources: readonly SourceFile[]): PackedSources {
  const numbers = new Float64Array(sources.length * NUMBERS_PER_FILE);
  const paths: string[] = [];
  let at = 0;
  for (const source of sources) {
    paths.push(source.absolutePath, source.path);
    numbers[at++] = source.sizeBytes;
    numbers[at++] = source.device;
    numbers[at++] = source.inode;
    numbers[at++] = source.mtimeMs;
    numbers[at++] = source.ctimeMs;
  }
  return { paths: paths.map((path) => path + END).join(""), numbers };
}

export function unpackSources({ paths, numbers }: PackedSources): SourceFile[] {
  const texts = paths.split(END);
  return Array.from({ length: numbers.length / NUMBERS_PER_FILE }, (_, index) => {
    const at = index * NUMBERS_PER_FILE;
    return {
      absolutePath: texts[index * 2] ?? "",
      path: texts[index * 2 + 1] ?? "",
      sizeBytes: numbers[at] ?? 0,
      device: numbers[at + 1] ?? 0,
      inode: numbers[at + 2] ?? 0,
      mtimeMs: numbers[at + 3] ?? 0,
      ctimeMs: numbers[at + 4] ?? 0,
    };
  });
}
