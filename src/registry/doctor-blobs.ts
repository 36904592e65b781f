import type { ContentAddress } from "../core/content-address.ts";
import { type ErrorCode, isArtifactstoreError } from "../core/errors.ts";
import { PAIR_MIN_BYTES } from "../dataplane/read-unit.ts";
import { messageOf } from "../dataplane/source-file.ts";
import { verifyBlob } from "../dataplane/verify-blob.ts";
import type { BlobEntry, BlobStat, StorageBackend } from "../storage/blob-store.ts";
import { filesOfBlob, findReferenced, type ReferencedBlob } from "../views/query-blobs.ts";
import type { CheckFindings } from "./doctor-findings.ts";
import type { Unreferenced } from "./doctor-report.ts";
import { iterateReferences } from "./iterate-references.ts";
import { joinBlobs } from "./join-blobs.ts";
import { MemoryRelief } from "./memory-relief.ts";
import type { RegistryContext } from "./registry-context.ts";
import { UnreferencedTally } from "./unreferenced-tally.ts";

/** Blobs looked at together: asked for again, or read whole. Count. */
const BATCH = 512;

/** Files named for one blob that is lost; a blob may have as many names as there are files. Count. */
const FILES_NAMED_MAX = 100;

export interface BlobsDiagnosis {
  referencedBlobs: number;
  referencedBytes: number;
  orphans: Unreferenced;
}

export interface BlobCheckOptions {
  /** Read every referenced blob and compare both digests. */
  readonly deep: boolean;
  readonly signal?: AbortSignal;
  /** Called after each batch with the totals so far. */
  readonly onProgress?: (done: { readonly blobs: number; readonly bytes: number }) => void;
}

/**
 * Every blob that a live location names is on its backend, durable, at its right size. Both sides are read in order of
 * address, a page in memory at a time, so that a million blobs take no more memory than a thousand.
 *
 * References are fetched while the store is being listed and other processes go on, so a first look can be wrong in
 * one way: a blob seems to be missing that was stored, moved or rightly deleted meanwhile. Each such blob is therefore
 * asked for by name, and then looked up in the views again, before it is called lost.
 */
export async function checkBlobs(
  context: RegistryContext,
  backend: StorageBackend,
  check: CheckFindings,
  diagnosis: BlobsDiagnosis,
  options: BlobCheckOptions,
): Promise<number> {
  const orphans = new UnreferencedTally(context.clock(), context.orphanGraceMs);
  const suspects: ReferencedBlob[] = [];
  const readable: ReferencedBlob[] = [];
  const relief = new MemoryRelief(context.collectGarbage);
  const flush = async () => {
    options.signal?.throwIfAborted();
    relief.add(suspects.length + readable.length);
    await confirmSuspects(context, backend, suspects.splice(0), check);
    if (options.deep) await readWhole(context, backend, readable.splice(0), check);
    readable.length = 0;
    options.onProgress?.({ blobs: diagnosis.referencedBlobs, bytes: diagnosis.referencedBytes });
  };
  let examined = 0;
  for await (const { reference, entry } of joinBlobs(
    iterateReferences(context, backend.id),
    listed(backend, check),
  )) {
    examined += 1;
    if (reference !== undefined) {
      diagnosis.referencedBlobs += 1;
      diagnosis.referencedBytes += reference.size_bytes;
      if (entry?.size === reference.size_bytes) readable.push(reference);
      else suspects.push(reference);
    } else if (entry !== undefined) orphans.add(entry);
    if (suspects.length + readable.length >= BATCH) await flush();
  }
  await flush();
  diagnosis.orphans = orphans.result();
  return examined;
}

/** A damaged store lists what it can, then says so: what it could not list is asked for by name. */
async function* listed(backend: StorageBackend, check: CheckFindings): AsyncGenerator<BlobEntry> {
  try {
    yield* backend.blobs.list();
  } catch (error) {
    if (!isArtifactstoreError(error, "store_damaged")) throw error;
    check.report({ code: error.code, detail: error.message });
  }
}

async function confirmSuspects(
  context: RegistryContext,
  backend: StorageBackend,
  suspects: readonly ReferencedBlob[],
  check: CheckFindings,
): Promise<void> {
  const wrong: { blob: ReferencedBlob; code: ErrorCode; detail: string }[] = [];
  for (const blob of suspects) {
    try {
      const problem = statProblem(await backend.blobs.stat(blob.content_address as ContentAddress), blob);
      if (problem !== undefined) wrong.push({ blob, ...problem });
    } catch (error) {
      const code = isArtifactstoreError(error) ? error.code : "internal";
      wrong.push({ blob, code, detail: messageOf(error) });
    }
  }
  const stillReferenced = await context.database.read((reader) =>
    findReferenced(
      reader,
      backend.id,
      wrong.map(({ blob }) => blob.content_address),
    ),
  );
  for (const { blob, code, detail } of wrong) {
    if (!stillReferenced.has(blob.content_address)) continue;
    await reportBlob(context, backend.id, blob.content_address, { code, detail }, check);
  }
}

function statProblem(
  stat: BlobStat | undefined,
  blob: ReferencedBlob,
): { code: ErrorCode; detail: string } | undefined {
  if (stat === undefined) return { code: "blob_missing", detail: "the blob is not there" };
  if (stat.size === blob.size_bytes) return undefined;
  return { code: "blob_damaged", detail: `it has ${stat.size} bytes instead of ${blob.size_bytes}` };
}

const CODE_OF_OUTCOME = {
  missing: "blob_missing",
  damaged: "blob_damaged",
  unreadable: "store_damaged",
} as const satisfies Record<string, ErrorCode>;

/** Several at once, on all threads. */
async function readWhole(
  context: RegistryContext,
  backend: StorageBackend,
  blobs: readonly ReferencedBlob[],
  check: CheckFindings,
): Promise<void> {
  const large = blobs.filter((blob) => blob.size_bytes >= PAIR_MIN_BYTES).length;
  const readers = { threads: context.threads, blake3: context.blake3, paired: large === 1 };
  let next = 0;
  async function lane(): Promise<void> {
    for (let blob = blobs[next++]; blob !== undefined; blob = blobs[next++]) {
      const address = blob.content_address as ContentAddress;
      const expected = { address, sizeBytes: blob.size_bytes, sha256: blob.sha256 };
      const { outcome, detail } = await verifyBlob(readers, backend, expected);
      if (outcome === "intact") continue;
      const problem = { code: CODE_OF_OUTCOME[outcome], detail: `${outcome}: ${detail}` };
      await reportBlob(context, backend.id, address, problem, check);
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, context.threads.threads) }, lane));
}

/** One problem for each file that is harmed, so that people learn which evidence it is. */
export async function reportBlob(
  context: RegistryContext,
  backendId: string,
  address: string,
  problem: { readonly code: ErrorCode; readonly detail: string },
  check: CheckFindings,
): Promise<void> {
  const files = await context.database.read((reader) =>
    filesOfBlob(reader, backendId, address, FILES_NAMED_MAX),
  );
  if (files.length === 0) check.report({ ...problem, contentAddress: address });
  for (const file of files) {
    check.report({
      ...problem,
      contentAddress: address,
      packageId: file.package_id,
      path: file.relative_path,
    });
  }
}
