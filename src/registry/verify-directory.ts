import { availableParallelism } from "node:os";
import { type ContentAddress, contentAddress } from "../core/content-address.ts";
import type { FieldError } from "../core/errors.ts";
import type { ManifestFile } from "../core/manifest.ts";
import { parseManifest } from "../core/parse-manifest.ts";
import { escapeForTerminal } from "../core/terminal-text.ts";
import { chooseBlake3 } from "../dataplane/hash-engine.ts";
import { readUnits } from "../dataplane/read-units.ts";
import { ThreadPool } from "../dataplane/thread-pool.ts";
import { type RegistrationProgress, SOURCES_HASHED_TOGETHER_MAX_BYTES } from "./registration.ts";
import { scanSourceTree } from "./source-tree.ts";

export interface DirectoryVerification {
  readonly manifestDigest: ContentAddress;
  readonly fileCount: number;
  readonly bytesRead: number;
  readonly failureCount: number;
  /** By path. */
  readonly failures: readonly FieldError[];
}

export interface VerifyDirectoryOptions {
  readonly onProgress?: (progress: RegistrationProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Compares a directory with a saved manifest, file by file, by size and both digests; no registry is needed. A file
 * too many is a failure as one too few is. The answer names the manifest's digest: whether that is the right one is
 * for the caller to say, who keeps it.
 *
 * Throws `invalid_manifest`, `invalid_cbor`, `source_refused`.
 */
export async function verifyDirectory(
  manifestBytes: Uint8Array,
  directory: string,
  options: VerifyDirectoryOptions = {},
): Promise<DirectoryVerification> {
  const manifest = parseManifest(manifestBytes);
  const blake3 = await chooseBlake3();
  const failures: FieldError[] = [];
  const fail = (path: string, message: string) =>
    failures.push({ pointer: escapeForTerminal(path), message });
  const expected = new Map(manifest.files.map((file) => [file.path, file]));
  const tree = await scanSourceTree(
    directory,
    options.signal === undefined ? {} : { signal: options.signal },
  );
  for (const refusal of tree.refusals) fail(refusal.path, refusal.state);
  const sources = tree.entries.filter((entry) => {
    const file = expected.get(entry.path);
    if (file === undefined) fail(entry.path, "is not in the manifest");
    else if (file.size_bytes === entry.sizeBytes) return true;
    else fail(entry.path, `has ${entry.sizeBytes} bytes instead of ${file.size_bytes}`);
    return false;
  });
  const there = new Set(tree.entries.map((entry) => entry.path));
  for (const path of expected.keys()) if (!there.has(path)) fail(path, "is missing");
  const bytesRead = await compareBytes(sources, expected, fail, options);
  return {
    manifestDigest: contentAddress(blake3.hash(manifestBytes)),
    fileCount: manifest.files.length,
    bytesRead,
    failureCount: failures.length + tree.unlistedRefusals,
    failures,
  };
}

async function compareBytes(
  sources: Awaited<ReturnType<typeof scanSourceTree>>["entries"],
  expected: ReadonlyMap<string, ManifestFile>,
  fail: (path: string, message: string) => void,
  { onProgress, signal }: VerifyDirectoryOptions,
): Promise<number> {
  const threads = new ThreadPool({ threads: availableParallelism(), blake3: "auto" });
  const totalBytes = sources.reduce((sum, source) => sum + source.sizeBytes, 0);
  let files = 0;
  let bytes = 0;
  const reading = {
    smallMaxBytes: SOURCES_HASHED_TOGETHER_MAX_BYTES,
    wanted: () => false,
    temporaryPath: () => "",
    ...(signal === undefined ? {} : { signal }),
  };
  try {
    for await (const { files: group } of readUnits(threads, sources, reading, () => undefined)) {
      for (const read of group) {
        const file = expected.get(read.source.path);
        if (file?.content_address !== read.address) fail(read.source.path, `has BLAKE3 ${read.address}`);
        else if (file.sha256 !== read.sha256) {
          fail(read.source.path, `has SHA-256 ${read.sha256}`);
        }
        files += 1;
        bytes += read.source.sizeBytes;
      }
      onProgress?.({ files, bytes, totalFiles: sources.length, totalBytes });
    }
    return bytes;
  } finally {
    await threads.close();
  }
}
