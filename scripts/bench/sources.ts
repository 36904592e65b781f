import { spawnSync } from "node:child_process";
import { createCipheriv, randomBytes } from "node:crypto";
import { appendFileSync, closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeGuideBoardRun } from "../../test/support/guide-board-run.ts";

const CHUNK_BYTES = 8 * 1024 * 1024;

/** A run of 23 small files and `count` raw ones of random bytes. */
export function runOfFiles(directory: string, count: number, fileSizeBytes: number): string {
  writeGuideBoardRun(directory, { extraFiles: count, fileSizeBytes });
  return directory;
}

/**
 * A run whose raw files are too large for the generator's own randomness: AES in counter mode instead. They are not
 * declared in the assessment package, so that nobody has to know their digests.
 */
export function runOfLargeFiles(directory: string, count: number, fileSizeBytes: number): string {
  writeGuideBoardRun(directory);
  for (let index = 0; index < count; index++) writeRandomFile(largeFilePath(directory, index), fileSizeBytes);
  return directory;
}

export function largeFilePath(directory: string, index: number): string {
  return join(directory, "artifacts", "large", `${index}.bin`);
}

/** A run of 23 files and 1 MB in all: its texts, which nobody declares, are made longer. */
export function runOfOneMegabyte(directory: string): string {
  const { files } = writeGuideBoardRun(directory);
  const texts = ["report.md", "cmis-maturity-scorecard.md", "opencmis-log-review.md"];
  const missing = 1024 * 1024 - files.reduce((sum, { size }) => sum + size, 0);
  for (const name of texts) {
    const text = randomBytes(missing)
      .toString("base64")
      .slice(0, Math.ceil(missing / texts.length));
    appendFileSync(join(directory, "reports", name), text);
  }
  return directory;
}

function writeRandomFile(path: string, sizeBytes: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const cipher = createCipheriv("aes-128-ctr", randomBytes(16), randomBytes(16));
  const zeros = new Uint8Array(CHUNK_BYTES);
  const descriptor = openSync(path, "w");
  try {
    for (let rest = sizeBytes; rest > 0; rest -= CHUNK_BYTES) {
      const chunk = cipher.update(zeros.subarray(0, Math.min(rest, CHUNK_BYTES)));
      for (let done = 0; done < chunk.length; ) done += writeSync(descriptor, chunk, done);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Reads a tree once, so that all of it is in the page cache. */
export function warm(tree: string): void {
  spawnSync("sh", ["-c", "find . -type f -print0 | xargs -0 cat > /dev/null"], { cwd: tree });
}
