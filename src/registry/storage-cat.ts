import { type ContentAddress, parseContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError, isArtifactstoreError } from "../core/errors.ts";
import { messageOf } from "../dataplane/source-file.ts";
import { type OpenCopy, verifiedChunks } from "../dataplane/verified-chunks.ts";
import { verifyBlob } from "../dataplane/verify-blob.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { backendOf } from "./own-stores.ts";
import type { RegistryContext } from "./registry-context.ts";

export interface ReadBlobOptions {
  /** From this backend alone. Default: from whichever has a good copy, in the order of configuration. */
  readonly backendId?: string;
  readonly signal?: AbortSignal;
  /** A copy that is not used although it is there; for people. */
  readonly onSkipped?: (text: string) => void;
}

/** One copy of the blob, at the size that its backend tells. */
interface Copy {
  readonly backend: StorageBackend;
  readonly sizeBytes: number;
}

/**
 * A blob's bytes; the last chunk is withheld until the digest of the whole is right. Bytes that have left cannot be
 * called back, so while there is another copy to turn to, a copy is read whole and compared before its first byte
 * leaves; the last one is compared as it is read. Throws `invalid_input` (no content address), `configuration` (no such
 * backend), `blob_not_found`; while it is read, `blob_damaged`.
 */
export async function readBlob(
  context: RegistryContext,
  address: string,
  options: ReadBlobOptions = {},
): Promise<AsyncIterable<Uint8Array>> {
  const { backendId } = options;
  const parsed = parseContentAddress(address);
  const backends = backendId === undefined ? [...context.backends.values()] : [backendOf(context, backendId)];
  const copies = await findCopies(parsed, backends, options);
  if (copies.length > 0) {
    return verifiedChunks(context.blake3, parsed, trustedCopies(context, parsed, copies, options));
  }
  const where = backendId === undefined ? "any backend" : `backend "${backendId}"`;
  throw new ArtifactstoreError("blob_not_found", `Cannot find blob "${parsed}": it is not on ${where}`);
}

/** Backends that have it. One that does not answer is passed over while another has it. */
async function findCopies(
  address: ContentAddress,
  backends: readonly StorageBackend[],
  { signal, onSkipped }: ReadBlobOptions,
): Promise<Copy[]> {
  const copies: Copy[] = [];
  const failures: { readonly backend: StorageBackend; readonly error: unknown }[] = [];
  for (const backend of backends) {
    signal?.throwIfAborted();
    try {
      const stat = await backend.blobs.stat(address);
      if (stat !== undefined) copies.push({ backend, sizeBytes: stat.size });
    } catch (error) {
      failures.push({ backend, error });
    }
  }
  const [first] = failures;
  if (first !== undefined && copies.length === 0) throw asDamage(address, first.error);
  for (const { backend, error } of failures) onSkipped?.(skipped(backend, messageOf(error)));
  return copies;
}

async function* trustedCopies(
  context: RegistryContext,
  address: ContentAddress,
  copies: readonly Copy[],
  { signal, onSkipped }: ReadBlobOptions,
): AsyncGenerator<OpenCopy> {
  const readers = { threads: context.threads, blake3: context.blake3, paired: true };
  for (const [index, { backend, sizeBytes }] of copies.entries()) {
    signal?.throwIfAborted();
    if (index < copies.length - 1) {
      const expected = { address, sizeBytes, sha256: undefined };
      const { outcome, detail } = await verifyBlob(readers, backend, expected);
      if (outcome !== "intact") {
        onSkipped?.(skipped(backend, `it is ${outcome}: ${detail}`));
        continue;
      }
    }
    yield (start) => openCopy(address, backend, { start, end: Math.max(start, sizeBytes) }, signal);
  }
}

function skipped(backend: StorageBackend, why: string): string {
  return `the copy on backend "${backend.id}" is not used: ${why}`;
}

async function openCopy(
  address: ContentAddress,
  backend: StorageBackend,
  range: { readonly start: number; readonly end: number },
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  const part = range.start === 0 ? {} : { range };
  try {
    const body = await backend.blobs.get(address, { ...part, ...(signal === undefined ? {} : { signal }) });
    if (body !== undefined) return damageAs(address, body);
  } catch (error) {
    throw asDamage(address, error);
  }
  throw new ArtifactstoreError("blob_missing", `Cannot read blob "${address}": it was removed meanwhile`);
}

async function* damageAs(address: ContentAddress, body: AsyncIterable<Uint8Array>) {
  try {
    yield* body;
  } catch (error) {
    throw asDamage(address, error);
  }
}

/** Damage to the store, met while one blob is read, is damage to that blob. */
function asDamage(address: ContentAddress, error: unknown): unknown {
  if (!isArtifactstoreError(error, "store_damaged")) return error;
  return new ArtifactstoreError("blob_damaged", `Cannot read blob "${address}": ${error.message}`, {
    cause: error,
  });
}
