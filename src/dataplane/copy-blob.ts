import { constants, lstatSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { bytesToHex } from "@noble/hashes/utils.js";
import { contentAddress } from "../core/content-address.ts";
import { isArtifactstoreError } from "../core/errors.ts";
import { sourceIdentity } from "../core/source-identity.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { createSha256 } from "./hash-engine.ts";
import { messageOf } from "./source-file.ts";
import { removeQuietly } from "./store-blobs.ts";
import type { BlobFinding, BlobReaders, ExpectedContent } from "./verify-blob.ts";
import { writeFailure } from "./write-failure.ts";

/** From this size on, blobs that are plain files are copied by the threads. Bytes. */
const THREAD_MIN_BYTES = 1_048_576;

const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** Where a copy goes. */
export interface CopyTarget {
  /** Did not exist before; made exclusively. */
  readonly path: string;
  /** What people call it in messages. */
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
}

const MISSING: BlobFinding = { outcome: "missing", detail: "the blob is not there" };

/**
 * Copies one blob of one backend into a new file, comparing size and both digests as the bytes pass by. `intact`: the
 * file is complete and fsynced, only its name is not durable yet. Otherwise, and when it throws, there is no file.
 *
 * Throws for what is wrong with the target: `storage_full`, `storage_read_only`, `backend_unavailable`.
 */
export async function copyBlob(
  readers: Omit<BlobReaders, "paired">,
  backend: StorageBackend,
  expected: ExpectedContent,
  target: CopyTarget,
): Promise<BlobFinding> {
  const plainPath = await plainFile(backend, expected);
  const finding =
    plainPath === undefined
      ? await copyStream(readers, backend, expected, target)
      : await copyFile(readers, expected, plainPath, target);
  if (finding.outcome !== "intact") removeQuietly(target.path);
  return finding;
}

async function plainFile(backend: StorageBackend, expected: ExpectedContent): Promise<string | undefined> {
  if (backend.files === undefined || expected.sizeBytes < THREAD_MIN_BYTES) return undefined;
  try {
    const stat = await backend.blobs.stat(expected.address);
    return stat?.form === "file" ? backend.files.plainPath(expected.address) : undefined;
  } catch {
    // What is wrong shows, and is told, when the bytes are read.
    return undefined;
  }
}

async function copyFile(
  { threads }: Pick<BlobReaders, "threads">,
  expected: ExpectedContent,
  plainPath: string,
  target: CopyTarget,
): Promise<BlobFinding> {
  try {
    const stat = lstatSync(plainPath);
    const source = { path: target.name, absolutePath: plainPath, ...sourceIdentity(stat) };
    const { digests } = await threads.run({ kind: "large", source, temporaryPath: target.path });
    await setMode(target);
    return judge(expected, stat.size, digests.subarray(0, 32), digests.subarray(32, 64));
  } catch (error) {
    if (isArtifactstoreError(error, "source_changed")) return { outcome: "damaged", detail: error.message };
    if (isArtifactstoreError(error, "source_refused")) {
      return { outcome: "unreadable", detail: error.message };
    }
    if (isAbsence(error)) return MISSING;
    throw error;
  }
}

/** The threads make files that nobody may write. */
async function setMode({ path, mode }: CopyTarget): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    await handle.chmod(mode);
  } finally {
    await handle.close();
  }
}

async function copyStream(
  { blake3 }: Pick<BlobReaders, "blake3">,
  backend: StorageBackend,
  expected: ExpectedContent,
  target: CopyTarget,
): Promise<BlobFinding> {
  const first = blake3.create();
  const second = createSha256();
  let sizeBytes = 0;
  let file: FileHandle | undefined;
  let chunks: AsyncIterator<Uint8Array> | undefined;
  try {
    // Reading and writing fail for different reasons, and are told apart where they happen.
    const body = await reading(() => backend.blobs.get(expected.address));
    if (body === undefined) return MISSING;
    file = await writing(target, () => open(target.path, CREATE_FLAGS, target.mode));
    const source = body[Symbol.asyncIterator]();
    chunks = source;
    for (;;) {
      const next = await reading(() => source.next());
      if (next.done === true) break;
      sizeBytes += next.value.length;
      if (sizeBytes > expected.sizeBytes) break;
      first.update(next.value);
      second.update(next.value);
      await write(target, file, next.value);
    }
    const finding = judge(expected, sizeBytes, first.digest(), second.digest());
    const written = file;
    if (finding.outcome === "intact") await writing(target, () => written.sync());
    return finding;
  } catch (error) {
    if (!(error instanceof ReadFailed)) {
      removeQuietly(target.path);
      throw error;
    }
    const damaged = isArtifactstoreError(error.cause, "store_damaged");
    return { outcome: damaged ? "damaged" : "unreadable", detail: messageOf(error.cause) };
  } finally {
    // Lets go of a store's file where reading ended early.
    await chunks?.return?.().catch(() => undefined);
    await file?.close();
  }
}

/** Only tells the store's failures from the target's; never leaves this file. */
class ReadFailed extends Error {}

async function reading<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new ReadFailed("the blob cannot be read", { cause });
  }
}

async function writing<T>({ name }: CopyTarget, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw writeFailure(name, cause);
  }
}

async function write(target: CopyTarget, file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const from = at;
    at += (await writing(target, () => file.write(chunk, from, chunk.length - from))).bytesWritten;
  }
}

function judge(
  expected: ExpectedContent,
  sizeBytes: number,
  blake3: Uint8Array,
  sha256: Uint8Array,
): BlobFinding {
  const problems: string[] = [];
  if (sizeBytes !== expected.sizeBytes) {
    problems.push(`it has ${sizeBytes} bytes instead of ${expected.sizeBytes}`);
  }
  const address = contentAddress(blake3);
  if (address !== expected.address) problems.push(`its BLAKE3 is ${address}`);
  const found = bytesToHex(sha256);
  if (expected.sha256 !== undefined && found !== expected.sha256) problems.push(`its SHA-256 is ${found}`);
  return problems.length === 0
    ? { outcome: "intact", detail: "" }
    : { outcome: "damaged", detail: problems.join(", ") };
}

function isAbsence(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ENOENT";
}
