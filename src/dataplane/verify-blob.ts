import { lstatSync } from "node:fs";
import { bytesToHex } from "@noble/hashes/utils.js";
import { type ContentAddress, contentAddress } from "../core/content-address.ts";
import type { Blake3Engine } from "../core/digest.ts";
import { isArtifactstoreError } from "../core/errors.ts";
import { sourceIdentity } from "../core/source-identity.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { createSha256 } from "./hash-engine.ts";
import { PAIR_MIN_BYTES } from "./read-unit.ts";
import { messageOf, type SourceFile } from "./source-file.ts";
import type { ThreadPool } from "./thread-pool.ts";

/** What a stored blob must be. */
export interface ExpectedContent {
  readonly address: ContentAddress;
  readonly sizeBytes: number;
  /** Hex; `undefined` where only the address is known. */
  readonly sha256: string | undefined;
}

export interface BlobFinding {
  /** `intact`, or what is wrong. */
  readonly outcome: "intact" | "missing" | "damaged" | "unreadable";
  readonly detail: string;
}

export interface BlobVerification extends BlobFinding {
  /** How much was read to its end; `undefined` if the blob was not read, or not to its end. */
  readonly readBytes: number | undefined;
}

export interface BlobReaders {
  readonly threads: ThreadPool;
  readonly blake3: Blake3Engine;
  /** Whether this file is the only large one: then two threads share it. */
  readonly paired: boolean;
}

/**
 * Reads one blob of one backend whole and compares size and both digests. A plain file on this host is read by the
 * threads; anything else as a stream. Never throws: what cannot be read is a finding too.
 */
export async function verifyBlob(
  readers: BlobReaders,
  backend: StorageBackend,
  expected: ExpectedContent,
): Promise<BlobVerification> {
  try {
    const stat = await backend.blobs.stat(expected.address);
    if (stat === undefined) return unread("missing", "the blob is not there");
    if (stat.size !== expected.sizeBytes) {
      return unread("damaged", `it has ${stat.size} bytes instead of ${expected.sizeBytes}`);
    }
    const path = backend.files?.plainPath(expected.address);
    const found =
      stat.form === "file" && path !== undefined
        ? await readFile(readers, expected.address, path)
        : await readStream(readers.blake3, backend, expected.address);
    if (found === undefined) return unread("missing", "the blob is not there");
    return compare(expected, found);
  } catch (error) {
    const damaged =
      isArtifactstoreError(error, "store_damaged") || isArtifactstoreError(error, "source_changed");
    return unread(damaged ? "damaged" : "unreadable", messageOf(error));
  }
}

/** What is known without the whole content. */
export function unread(outcome: Exclude<BlobFinding["outcome"], "intact">, detail: string): BlobVerification {
  return { outcome, detail, readBytes: undefined };
}

interface Found {
  readonly sizeBytes: number;
  readonly blake3: Uint8Array;
  readonly sha256: Uint8Array;
}

function compare(expected: ExpectedContent, found: Found): BlobVerification {
  const problems: string[] = [];
  if (found.sizeBytes !== expected.sizeBytes) {
    problems.push(`it has ${found.sizeBytes} bytes instead of ${expected.sizeBytes}`);
  }
  const address = contentAddress(found.blake3);
  if (address !== expected.address) problems.push(`its BLAKE3 is ${address}`);
  const sha256 = bytesToHex(found.sha256);
  if (expected.sha256 !== undefined && sha256 !== expected.sha256) problems.push(`its SHA-256 is ${sha256}`);
  const outcome = problems.length === 0 ? "intact" : "damaged";
  return { outcome, detail: problems.join(", "), readBytes: found.sizeBytes };
}

async function readFile(readers: BlobReaders, address: ContentAddress, absolutePath: string): Promise<Found> {
  const stat = lstatSync(absolutePath);
  const source: SourceFile = { path: address, absolutePath, ...sourceIdentity(stat) };
  if (readers.paired && stat.size >= PAIR_MIN_BYTES && readers.threads.threads >= 2) {
    return { sizeBytes: stat.size, ...(await readers.threads.runPair(source, undefined)) };
  }
  const { digests } = await readers.threads.run({ kind: "large", source, temporaryPath: undefined });
  return { sizeBytes: stat.size, blake3: digests.subarray(0, 32), sha256: digests.subarray(32, 64) };
}

async function readStream(
  engine: Blake3Engine,
  backend: StorageBackend,
  address: ContentAddress,
): Promise<Found | undefined> {
  const body = await backend.blobs.get(address);
  if (body === undefined) return undefined;
  const blake3 = engine.create();
  const sha256 = createSha256();
  let sizeBytes = 0;
  for await (const chunk of body) {
    blake3.update(chunk);
    sha256.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sizeBytes, blake3: blake3.digest(), sha256: sha256.digest() };
}
